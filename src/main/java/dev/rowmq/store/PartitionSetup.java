package dev.rowmq.store;

import dev.rowmq.store.Partitions.WrongPartition;

import java.util.List;
import java.util.stream.Stream;

import javax.sql.DataSource;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.Configuration;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes each database ready to be the partition that the list says: tables, its own range of positions, and a note of which
 * it is, so that a list in another order is refused and not believed.
 */
final class PartitionSetup implements FlywayMigrationStrategy {

    private final Partitions partitions;

    PartitionSetup(Partitions partitions) {
        this.partitions = partitions;
    }

    /** The first must be there, and so must those that are new; another that does not answer is made ready when it does. */
    @Override
    public void migrate(Flyway first) {
        first.migrate();
        claim(0);
        List<Integer> counts = counts();
        int before = counts.isEmpty() ? 0 : counts.getLast();
        if (before > partitions.count()) {
            throw new WrongPartition(
                    "messages are spread over %d partitions and the list has %d; none may be taken away"
                            .formatted(before, partitions.count()));
        }
        for (int n = 1; n < partitions.count(); n++) {
            int partition = n;
            boolean ready = partitions.prepare(partition, () -> prepare(partition, first.getConfiguration()));
            if (!ready && partition >= before) {
                throw new WrongPartition(
                        "the database of rowmq.partitions[%d] does not answer; a partition can be added only while it does"
                                .formatted(partition));
            }
        }
        noteCount(counts);
    }

    /** The lengths that the list had, in order. A service from before there were partitions had one. */
    private List<Integer> counts() {
        JdbcTemplate jdbc = new JdbcTemplate(partitions.dataSource(0));
        List<Integer> counts = jdbc.queryForList("select partitions from partition_count order by partitions", Integer.class);
        return counts.isEmpty() && hasQueues(jdbc) ? List.of(1) : counts;
    }

    private static boolean hasQueues(JdbcTemplate jdbc) {
        return !jdbc.queryForList("select id from queue fetch first 1 rows only", Integer.class).isEmpty();
    }

    private void prepare(int partition, Configuration as) {
        DataSource dataSource = partitions.dataSource(partition);
        Database kind = kind(dataSource);
        if (kind != kind(partitions.dataSource(0))) {
            throw new WrongPartition("rowmq.partitions[%d] is %s and the first is not; all must be of one kind".formatted(partition, kind));
        }
        Flyway.configure().configuration(as).dataSource(dataSource).load().migrate();
        if (kind == Database.H2) {
            Durability.writeAtOnce(dataSource);
        }
        claim(partition);
    }

    private static Database kind(DataSource dataSource) {
        try {
            return Database.named(JdbcUtils.commonDatabaseName(
                    JdbcUtils.extractDatabaseMetaData(dataSource, meta -> meta.getDatabaseProductName())));
        } catch (org.springframework.jdbc.support.MetaDataAccessException away) {
            throw new IllegalStateException(away);
        }
    }

    /** @throws WrongPartition when the database is another one already, or has messages of a service of its own */
    private void claim(int partition) {
        DataSource dataSource = partitions.dataSource(partition);
        JdbcTemplate jdbc = new JdbcTemplate(dataSource);
        List<Integer> known = home(jdbc);
        if (known.isEmpty()) {
            if (partition > 0 && hasQueues(jdbc) && home(jdbc).isEmpty()) {
                throw new WrongPartition(
                        "the database of rowmq.partitions[%d] has queues of its own; a partition that is added must be empty"
                                .formatted(partition));
            }
            known = claimEmpty(partition, dataSource, jdbc);
        }
        if (known.getFirst() != partition) {
            throw new WrongPartition(
                    "the database of rowmq.partitions[%d] is partition %d; give the databases in the order that they had, and add new ones at the end"
                            .formatted(partition, known.getFirst()));
        }
    }

    private static List<Integer> home(JdbcTemplate jdbc) {
        return jdbc.queryForList("select number from partition_home", Integer.class);
    }

    private static List<Integer> claimEmpty(int partition, DataSource dataSource, JdbcTemplate jdbc) {
        try {
            new TransactionTemplate(new DataSourceTransactionManager(dataSource)).executeWithoutResult(status -> {
                // first, as on H2 it commits: a database without a number is begun anew
                if (partition > 0) {
                    jdbc.execute("alter sequence message_position restart with "
                            + (((long) partition << Partitions.POSITION_BITS) + 1));
                }
                jdbc.update("insert into partition_home (number) values (?)", partition);
            });
        } catch (DuplicateKeyException anotherInstance) {
            // which did the same
        }
        return home(jdbc);
    }

    private void noteCount(List<Integer> before) {
        JdbcTemplate jdbc = new JdbcTemplate(partitions.dataSource(0));
        Stream.concat(before.stream(), Stream.of(partitions.count())).distinct().forEach(count -> {
            try {
                jdbc.update(
                        """
                        insert into partition_count (partitions, since)
                        select ?, clock_timestamp()
                        where not exists (select 1 from partition_count where partitions = ?)
                        """,
                        count,
                        count);
            } catch (DuplicateKeyException anotherInstance) {
                // which did the same
            }
        });
        partitions.formerCounts(before.stream().filter(count -> count < partitions.count()).toList());
    }
}
