package dev.rowmq.observability;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.queue.StoreStatus;

import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.stereotype.Component;

/** The database and its partitions in {@code GET /actuator/info}. */
@Component
class DatabaseInfo implements InfoContributor {

    private final StoreStatus store;
    /** Null until the database has answered once. */
    private volatile String product;

    DatabaseInfo(StoreStatus store) {
        this.store = store;
    }

    @Override
    public void contribute(Info.Builder info) {
        Map<Integer, Boolean> partitions = store.partitions();
        Map<String, Object> database = new LinkedHashMap<>();
        database.put("product", product());
        database.put("partitions", partitions.size());
        if (partitions.size() > 1) {
            database.put("partitionsUp", partitions.values().stream().filter(up -> up).count());
        }
        info.withDetail("database", database);
    }

    private String product() {
        if (product == null) {
            try {
                product = store.product();
            } catch (QueueException databaseAway) {
                return "unknown, as the database does not answer";
            }
        }
        return product;
    }
}
