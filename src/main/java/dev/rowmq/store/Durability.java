package dev.rowmq.store;

import java.util.concurrent.locks.ReentrantLock;

import javax.sql.DataSource;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What it takes, beside COMMIT, that a committed change survives a crash. On PostgreSQL nothing. On H2 a commit returns
 * before anything is written, so that each is followed by CHECKPOINT SYNC; and changes are made one after the other, which
 * costs nothing, as the checkpoint is one after the other anyway, and keeps clear of H2's races between transactions.
 */
final class Durability {

    private final DataSource dataSource;
    private final boolean embedded;
    private final ReentrantLock oneAtATime = new ReentrantLock(true);

    Durability(DataSource dataSource, boolean embedded) {
        this.dataSource = dataSource;
        this.embedded = embedded;
    }

    void beforeChange() {
        if (embedded) {
            oneAtATime.lock();
        }
    }

    void afterCommit() {
        if (embedded) {
            new JdbcTemplate(dataSource).execute("checkpoint sync");
        }
    }

    void afterChange() {
        if (embedded && oneAtATime.isHeldByCurrentThread()) {
            oneAtATime.unlock();
        }
    }
}
