package dev.rowmq.store.cluster;

import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Copies the first partition's queues to every other partition, where statements check whether a queue exists and read
 * its settings.
 */
@Component
public class QueueReplicator {

    private static final Logger log = LoggerFactory.getLogger(QueueReplicator.class);

    private final Partitions partitions;
    private final JdbcTemplate jdbc;
    private final Transactions transactions;
    /** The partitions that have the key of the receipts. */
    private final Set<Integer> withKey = ConcurrentHashMap.newKeySet();

    QueueReplicator(Partitions partitions, JdbcTemplate jdbc, Transactions transactions) {
        this.partitions = partitions;
        this.jdbc = jdbc;
        this.transactions = transactions;
        bringUpToDate();
        partitions.beforeUp(this::bringUpToDate);
    }

    /**
     * Brings all partitions that answer up to date. Other partitions are brought up to date before they are used again.
     * A failed copy is retried later.
     */
    public void bringUpToDate() {
        if (!partitions.canDegrade()) {
            return;
        }
        for (int n : partitions.up()) {
            if (n > 0) {
                try {
                    partitions.in(n, () -> {
                        bringUpToDate(n);
                        return n;
                    });
                } catch (RuntimeException notNow) {
                    log.debug("the queues are not copied to partition {} now", n, notNow);
                }
            }
        }
        lookForMorePartitions();
    }

    /**
     * Runs in the partition. Its rows are read before those of the first partition: a queue that only this partition
     * has was then deleted.
     */
    private void bringUpToDate(int partition) {
        if (partition == 0) {
            return;
        }
        if (!withKey.contains(partition)) {
            copyKey(partition);
        }
        Map<Object, Map<String, Object>> there = new HashMap<>();
        rows().forEach(row -> there.put(row.get("id"), row));
        List<Map<String, Object>> wanted = partitions.in(0, this::rows);
        List<Map<String, Object>> changed =
                wanted.stream().filter(row -> !row.equals(there.remove(row.get("id")))).toList();
        // when a restore removed the newest queues from the first partition, the other partitions keep them
        int last = wanted.stream().mapToInt(row -> (Integer) row.get("id")).max().orElse(0);
        there.values().removeIf(row -> row.get("name") == null || (Integer) row.get("id") > last);
        if (!changed.isEmpty() || !there.isEmpty()) {
            transactions.inTransaction(() -> write(changed, there.keySet()));
        }
    }

    /** The functions of a partition's database write and read receipts with the key of the first partition. */
    private void copyKey(int partition) {
        List<String> key = partitions.in(0, () -> jdbc.queryForList("select secret from seal_key where id = 1",
                String.class));
        if (!key.isEmpty()) {
            transactions.inTransaction(() -> jdbc.update("update seal_key set secret = ? where id = 1", key.getFirst())
                    + jdbc.update("insert into seal_key (id, secret) select 1, ? where not exists"
                            + " (select 1 from seal_key where id = 1)", key.getFirst()));
            withKey.add(partition);
        }
    }

    private List<Map<String, Object>> rows() {
        // rows without a name first: a deleted queue frees its name for a new queue
        return SqlErrorTranslator.translating(
                () -> jdbc.queryForList("select * from queue order by case when name is null then 0 else 1 end, id"));
    }

    /** A deleted queue stays deleted. */
    private Void write(List<Map<String, Object>> changed, Iterable<Object> gone) {
        gone.forEach(
                id -> jdbc.update("update queue set name = null, deleted_at = clock_timestamp() where id = ?", id));
        for (Map<String, Object> row : changed) {
            List<String> columns = List.copyOf(row.keySet());
            List<Object> values = new ArrayList<>(row.values());
            values.add(row.get("id"));
            String set = String.join(" = ?, ", columns) + " = ?";
            int known =
                    jdbc.update("update queue set " + set + " where id = ? and deleted_at is null", values.toArray());
            values.removeLast();
            if (known == 0 && jdbc.queryForList("select 1 from queue where id = ?", row.get("id")).isEmpty()) {
                insert(row.get("id"), columns, values);
            }
        }
        return null;
    }

    private void insert(Object id, List<String> columns, List<Object> values) {
        jdbc.update(
                "insert into queue (%s) values (%s)"
                        .formatted(
                                String.join(", ", columns),
                                String.join(", ", Collections.nCopies(columns.size(), "?"))),
                values.toArray());
        jdbc.update("insert into queue_counter (queue_id, writer, updated_at) values (?, 0, clock_timestamp())", id);
    }

    private void lookForMorePartitions() {
        try {
            Integer most = partitions.in(
                    0, () -> SqlErrorTranslator.translating(
                            () -> jdbc.queryForObject("select max(partitions) from partition_count", Integer.class)));
            partitions.outgrown(most != null && most > partitions.count());
        } catch (RuntimeException notNow) {
            log.debug("how many partitions there are is not known now", notNow);
        }
    }
}
