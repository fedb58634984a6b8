package dev.rowmq.store.cluster;

import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.database.SqlErrorTranslator;

import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Whether the databases can serve requests. */
@Component
public class StoreHealth {

    private final Partitions partitions;
    private final DatabaseSupport database;

    StoreHealth(Partitions partitions, DatabaseSupport database) {
        this.partitions = partitions;
        this.database = database;
    }

    /**
     * The age of the oldest open transaction of any other program in the databases: while it is open, removed rows of a
     * queue cannot be vacuumed, and the queue becomes slower. Empty = there is none, or none can be seen.
     */
    public Optional<Duration> oldestTransaction() {
        return partitions.up().stream()
                .flatMap(n -> partitions.in(n, database::oldestTransaction).stream())
                .max(Comparator.naturalOrder());
    }

    /**
     * Returns the reason for which the service should receive no requests: damage in a file, or a single database that
     * cannot be read. Empty = healthy. Of several partitions each has its own health. The database is read by a query,
     * as H2's connections are reported valid when the database is closed.
     */
    public Optional<String> problem() {
        Optional<String> damage = database.damage().map(text -> "the database file is damaged: " + text);
        if (damage.isPresent() || partitions.canDegrade()) {
            return damage;
        }
        try {
            new JdbcTemplate(partitions.dataSource(0)).queryForList("select id from seal_key", Integer.class);
            return Optional.empty();
        } catch (RuntimeException failure) {
            return Optional.of(SqlErrorTranslator.words(failure));
        }
    }
}
