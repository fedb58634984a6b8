package dev.rowmq.store.setup;

import dev.rowmq.store.Position;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.Partitions.WrongPartition;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.database.StoreStartException;
import dev.rowmq.store.postgres.connection.PostgresStartup;

import com.zaxxer.hikari.HikariDataSource;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import javax.sql.DataSource;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.configuration.Configuration;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Prepares each database as the partition of its place in the list: tables, a range of positions of its own, and a
 * record of the partition number, so that a list in another order is refused.
 */
final class PartitionRegistrar implements FlywayMigrationStrategy {

    /** The table of {@code java -jar rowmq.jar move}, which exists while the move is not complete. */
    private static final String UNFINISHED_MOVE = "move_progress";

    private static final String FIRST_MIGRATION = "V001__queue_create.sql";

    private final Partitions partitions;
    private final DatabaseSupport support;
    private final StoreProperties.Migration role;

    PartitionRegistrar(Partitions partitions, DatabaseSupport support, StoreProperties.Migration role) {
        this.partitions = partitions;
        this.support = support;
        this.role = role;
    }

    /**
     * Prepares all partitions. The first must answer, and so must new ones. Another partition that does not answer is
     * prepared as soon as it does.
     */
    @Override
    public void migrate(Flyway first) {
        migrated(flyway(0, first.getConfiguration()), 0);
        claim(0);
        List<Integer> counts = counts();
        int before = counts.isEmpty() ? 0 : counts.getLast();
        if (before > partitions.count()) {
            throw new WrongPartition(
                    "messages are spread over %d partitions and the list has %d; a partition cannot be removed"
                            .formatted(before, partitions.count()));
        }
        for (int n = 1; n < partitions.count(); n++) {
            int partition = n;
            boolean ready = partitions.prepare(partition, () -> prepare(partition, first.getConfiguration()));
            if (!ready && partition >= before) {
                throw new WrongPartition(
                        ("the database of rowmq.partitions[%d] does not answer; a partition can be added only while "
                                + "it does")
                                .formatted(partition));
            }
        }
        noteCount(counts);
    }

    /**
     * @throws StoreStartException with the database's error message alone, which Flyway surrounds with dozens of lines
     */
    private void migrated(Flyway flyway, int partition) {
        support.createSchema(partitions.dataSource(partition), flyway.getConfiguration().getDataSource());
        List<String> tables = tables(flyway.getConfiguration().getDataSource());
        if (tables.contains(UNFINISHED_MOVE)) {
            throw new StoreStartException(
                    "RowMQ looked at its tables in " + shown(partition),
                    "a move into this database was begun and is not complete",
                    "Repeat the move until it reports that everything was moved, or empty the database.");
        }
        try {
            if (partition == 0) {
                refuseForeignTables(flyway, tables);
            }
            flyway.migrate();
        } catch (FlywayException failure) {
            SQLException cause = sqlCause(failure);
            if (cause == null) {
                throw failure;
            }
            throw new StoreStartException(
                    "RowMQ tried to make or change its tables in " + shown(partition),
                    PostgresStartup.answer(cause),
                    "42501".equals(cause.getSQLState())
                            ? "Let the role own its schema, or name the role that does in "
                                    + "rowmq.store.migration.username."
                            : "Resolve the database's error, and start again; a migration that failed has changed "
                                    + "nothing.");
        }
    }

    private String shown(int partition) {
        return partitions.dataSource(partition) instanceof HikariDataSource pool ? PostgresStartup.shown(pool)
                : "the database";
    }

    private static SQLException sqlCause(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return sql;
            }
        }
        return null;
    }

    private List<String> tables(DataSource dataSource) {
        return new JdbcTemplate(dataSource)
                .queryForList(
                        "select lower(table_name) from information_schema.tables where table_schema = "
                                + support.currentSchema()
                                + " order by 1",
                        String.class);
    }

    /**
     * Refuses a schema with tables of another application: Flyway's advice for such a schema (baseline, repair) would
     * harm one of the two applications.
     */
    private void refuseForeignTables(Flyway first, List<String> tables) {
        MigrationInfo[] known = first.info().applied();
        boolean foreignHistory =
                known.length > 0 && Arrays.stream(known)
                        .noneMatch(applied -> applied.getScript().endsWith(FIRST_MIGRATION));
        if (foreignHistory || known.length == 0 && !tables.isEmpty()) {
            throw new StoreStartException(
                    "RowMQ tried to make its tables in " + shown(0),
                    "the answer was: the schema has %s of another application (%s)"
                            .formatted(
                                    foreignHistory ? "the Flyway history" : "tables",
                                    String.join(", ", tables.subList(0, Math.min(5, tables.size())))),
                    "Give RowMQ a schema of its own in rowmq.store.schema, or on H2 a file of its own in "
                            + "spring.datasource.url. Nothing was changed.");
        }
    }

    /**
     * The lengths that the list has had, in ascending order. A database with queues and without a recorded length is
     * from a version before partitions, which used one database.
     */
    private List<Integer> counts() {
        JdbcTemplate jdbc = new JdbcTemplate(partitions.dataSource(0));
        List<Integer> counts =
                jdbc.queryForList("select partitions from partition_count order by partitions", Integer.class);
        return counts.isEmpty() && hasQueues(jdbc) ? List.of(1) : counts;
    }

    private static boolean hasQueues(JdbcTemplate jdbc) {
        return !jdbc.queryForList("select id from queue fetch first 1 rows only", Integer.class).isEmpty();
    }

    private void prepare(int partition, Configuration as) {
        DataSource dataSource = partitions.dataSource(partition);
        DatabaseKind kind = kind(dataSource);
        if (kind != kind(partitions.dataSource(0))) {
            throw new WrongPartition("rowmq.partitions[%d] is %s and the first is not; all must be of one kind"
                    .formatted(partition, kind));
        }
        migrated(flyway(partition, as), partition);
        claim(partition);
    }

    private Flyway flyway(int partition, Configuration as) {
        return Flyway.configure().configuration(as).dataSource(migrating(partition)).load();
    }

    private DataSource migrating(int partition) {
        DataSource dataSource = partitions.dataSource(partition);
        return role.username() == null
                ? dataSource
                : support.migrating(dataSource, role.username(), role.password());
    }

    private static DatabaseKind kind(DataSource dataSource) {
        try {
            return DatabaseKind.named(JdbcUtils.commonDatabaseName(
                    JdbcUtils.extractDatabaseMetaData(dataSource, meta -> meta.getDatabaseProductName())));
        } catch (org.springframework.jdbc.support.MetaDataAccessException away) {
            throw new IllegalStateException(away);
        }
    }

    /**
     * @throws WrongPartition when the database is another partition already, or is to be added and has queues of its
     *     own
     */
    private void claim(int partition) {
        DataSource dataSource = partitions.dataSource(partition);
        JdbcTemplate jdbc = new JdbcTemplate(dataSource);
        List<Integer> known = home(jdbc);
        if (known.isEmpty()) {
            if (partition > 0 && hasQueues(jdbc) && home(jdbc).isEmpty()) {
                throw new WrongPartition(
                        ("the database of rowmq.partitions[%d] has queues of its own; a partition that is added must "
                                + "be empty")
                                .formatted(partition));
            }
            known = claimEmpty(partition, migrating(partition));
        }
        if (known.getFirst() != partition) {
            throw new WrongPartition(
                    ("the database of rowmq.partitions[%d] is partition %d; give the databases in the order that "
                            + "they had, and add new ones at the end")
                            .formatted(partition, known.getFirst()));
        }
    }

    private static List<Integer> home(JdbcTemplate jdbc) {
        return jdbc.queryForList("select number from partition_home", Integer.class);
    }

    private static List<Integer> claimEmpty(int partition, DataSource dataSource) {
        JdbcTemplate jdbc = new JdbcTemplate(dataSource);
        try {
            new TransactionTemplate(new DataSourceTransactionManager(dataSource)).executeWithoutResult(status -> {
                // before the insert, as DDL commits on H2: a database without a partition number is claimed anew at the
                // next start
                if (partition > 0) {
                    jdbc.execute("alter sequence message_position restart with "
                            + (((long) partition << Position.BITS) + 1));
                }
                jdbc.update("insert into partition_home (number) values (?)", partition);
            });
        } catch (DuplicateKeyException anotherInstance) {
            // another instance inserted the row first
        }
        return home(jdbc);
    }

    private void noteCount(List<Integer> before) {
        JdbcTemplate jdbc = new JdbcTemplate(partitions.dataSource(0));
        Stream.concat(before.stream(), Stream.of(partitions.count())).distinct().forEach(count -> {
            try {
                jdbc.update("""
                    insert into partition_count (partitions, since)
                    select ?, clock_timestamp()
                    where not exists (select 1 from partition_count where partitions = ?)
                    """, count, count);
            } catch (DuplicateKeyException anotherInstance) {
                // another instance inserted the row first
            }
        });
        partitions.formerCounts(before.stream().filter(count -> count < partitions.count()).toList());
    }
}
