package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.PgBouncer;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;

import java.time.Duration;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Through PgBouncer, with a role that commits asynchronously by default, no acknowledged change is lost when PgBouncer
 * or PostgreSQL is killed.
 */
@Tag("long")
class PoolerTest {

    @ParameterizedTest
    @ValueSource(strings = {"session", "transaction"})
    void nothing_acknowledged_is_lost_behind_a_pooler(String mode) throws Exception {
        assumeTrue(PgBouncer.installed(),
                "skipped: PgBouncer is not installed (Debian package pgbouncer, see .ci/run)");
        History history = new History();
        try (Postgres postgres = new Postgres()) {
            postgres.create("rowmq");
            postgres.run("create role app login");
            postgres.run("alter database rowmq owner to app");
            postgres.run("alter role app set synchronous_commit = off");
            postgres.run("alter role app set default_transaction_isolation = 'repeatable read'");
            try (PgBouncer pooler = new PgBouncer("rowmq", postgres.port(), mode);
                    RunningService service = new RunningService(pooler.url("rowmq"), "logging.level.root=off");
                    RunningService other = new RunningService(pooler.url("rowmq"), "logging.level.root=off")) {
                QueueClient queue = service.http().queue("{\"maxDeliveries\": 0, \"visibilityTimeout\": \"2s\"}");
                assertThat(inTransaction(service, "show synchronous_commit")).isEqualTo("on");
                assertThat(inTransaction(service, "show statement_timeout")).isEqualTo("5s");
                assertThat(inTransaction(service, "show transaction_isolation")).isEqualTo("read committed");
                try (Load load = new Load(history, queue, 4, 2, System.nanoTime());
                        Load beside = new Load(history, new QueueClient(other.http(), queue.name()), 4, 2,
                                System.nanoTime() + 1)) {
                    Thread.sleep(2500);
                    pooler.kill();
                    Thread.sleep(300);
                    pooler.start();
                    works(queue, "after the pooler");
                    Thread.sleep(1500);
                    postgres.kill();
                    Thread.sleep(500);
                    postgres.start();
                    works(queue, "after the database");
                    Thread.sleep(1000);
                }
                new Load(history, queue, 0, 0, 1).drain();
            }
        }
        HistoryChecker.assertGood(history.events(), 500, "after the pooler", "after the database");
    }

    private static void works(QueueClient queue, String text) {
        Eventually.within(Duration.ofSeconds(40), "works " + text,
                () -> queue.send("{\"body\": \"" + text + "\"}").status() == 201);
    }

    private static String inTransaction(RunningService service, String sql) {
        return service.bean(TransactionTemplate.class)
                .execute(status -> service.bean(JdbcTemplate.class).queryForObject(sql, String.class));
    }
}
