package dev.rowmq.store.h2;

import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.Partitions;

import com.zaxxer.hikari.HikariDataSource;

import java.time.Duration;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import javax.sql.DataSource;

/** H2: one process, one file for each partition. */
public final class H2Support implements DatabaseSupport {

    /** A compaction blocks all writers of the partition. */
    private static final Duration MAX_COMPACTION = Duration.ofMillis(100);

    private final H2Durability durability;
    private final Partitions partitions;

    public H2Support(H2Durability durability, Partitions partitions) {
        this.durability = durability;
        this.partitions = partitions;
    }

    @Override
    public H2Durability durability() {
        return durability;
    }

    @Override
    public boolean shared() {
        return false;
    }

    @Override
    public boolean behindPooler() {
        return false;
    }

    @Override
    public Optional<String> damage() {
        return partitions.dataSources()
                .filter(HikariDataSource.class::isInstance)
                .map(pool -> ((HikariDataSource) pool).getExceptionOverride())
                .filter(H2Recovery.class::isInstance)
                .flatMap(recovery -> ((H2Recovery) recovery).damage().stream())
                .findFirst();
    }

    /** Compacts the file, a little at a time. */
    @Override
    public List<String> vacuum() {
        durability.compact(MAX_COMPACTION);
        return List.of();
    }

    /** No other program can open the file. */
    @Override
    public Optional<Duration> oldestTransaction() {
        return Optional.empty();
    }

    @Override
    public boolean backUp(Path file) {
        durability.backUp(file);
        return true;
    }

    /** Empty: H2 would lock every row that matches, not only those returned, and changes are made one at a time. */
    @Override
    public String lockingClause() {
        return "";
    }

    @Override
    public String jobLockTime() {
        return "localtimestamp";
    }

    /** H2 has one role, and its tables stay where they are. */
    @Override
    public DataSource migrating(DataSource partition, String username, String password) {
        return partition;
    }

    @Override
    public void createSchema(DataSource partition, DataSource migrating) {
        // the schema of H2 is always there
    }

    @Override
    public String currentSchema() {
        return "schema()";
    }
}
