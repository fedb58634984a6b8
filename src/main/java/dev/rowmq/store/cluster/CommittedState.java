package dev.rowmq.store.cluster;

import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.DurableJpaTransactions;
import dev.rowmq.store.database.SqlErrorTranslator;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Detects that nothing was committed between two moments, by anybody, so that rows read before need not be read again.
 * The values are compared with {@code equals} and mean nothing else.
 */
@Component
public class CommittedState {

    /**
     * The next transaction id and those in progress, as text. Equal snapshots see the same rows: every transaction that
     * changes a row has an id.
     *
     * @see <a href="https://www.postgresql.org/docs/current/functions-info.html">PostgreSQL, transaction ids and
     *     snapshots</a>
     */
    private static final String SNAPSHOT = "select pg_catalog.pg_current_snapshot()::text";

    private final DatabaseSupport support;
    private final JdbcTemplate jdbc;
    private final DurableJpaTransactions catalog;

    CommittedState(DatabaseSupport support, JdbcTemplate jdbc, DurableJpaTransactions catalog) {
        this.support = support;
        this.jdbc = jdbc;
        this.catalog = catalog;
    }

    /** The state of all tables in the current partition. PostgreSQL only. */
    public Object ofAll() {
        return SqlErrorTranslator.translating(() -> jdbc.queryForObject(SNAPSHOT, String.class));
    }

    /**
     * The state of queues, topics and subscriptions in the current partition. Only this process changes those of an H2
     * file, in transactions of JPA.
     */
    public Object ofCatalog() {
        return support.shared() ? ofAll() : catalog.changes();
    }
}
