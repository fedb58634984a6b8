package dev.rowmq.store.database;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import javax.sql.DataSource;

/** The operations that H2 and PostgreSQL perform in different ways, in the current partition. */
public interface DatabaseSupport {

    Durability durability();

    /** Whether several instances of the service can use one database. */
    boolean shared();

    /** Whether connections go through a connection pooler, so that several clients share one session. */
    boolean behindPooler();

    /** The damage found so far in the files of any partition; empty = none. */
    Optional<String> damage();

    /**
     * Makes the space of removed rows usable again.
     *
     * @return the names of the tables that were vacuumed
     */
    List<String> vacuum();

    /**
     * The age of the oldest open transaction of any other program in the current partition's database; empty = there is
     * none, or it cannot be seen.
     */
    Optional<Duration> oldestTransaction();

    /**
     * Writes a consistent copy of the current partition's files while they are in use.
     *
     * @param file the file to write; it must not exist
     * @return false when the database has means of its own for that
     */
    boolean backUp(Path file);

    /** The clause of a query that locks its rows and skips rows locked by other transactions; may be empty. */
    String lockingClause();

    /** The SQL expression for the current time in the time zone in which ShedLock stores its times. */
    String jobLockTime();

    /** The SQL expression for the schema in which tables are created. */
    String currentSchema();

    /**
     * The data source for migrations, with the credentials of another role.
     *
     * @param partition the data source of a partition
     */
    DataSource migrating(DataSource partition, String username, String password);

    /**
     * Makes the schema of a partition if it does not exist.
     *
     * @param migrating the data source for migrations of the same partition
     */
    void createSchema(DataSource partition, DataSource migrating);
}
