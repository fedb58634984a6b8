package dev.rowmq.store.postgres.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Settings of the connection pool that users provide. */
@ExtendWith(OutputCaptureExtension.class)
class PostgresPoolDefaultsTest {

    @Test
    void what_was_answered_is_stored_also_with_auto_commit_off() throws Exception {
        try (RunningService service = new RunningService(
                TestDatabase.POSTGRESQL.freshUrl(),
                "spring.datasource.hikari.auto-commit=false")) {
            QueueClient queue = service.http().queue();
            queue.sendText("x");
            queue.sendText("y");
            assertThat(queue.ack(queue.receiveOne())).isEqualTo("acked");
            try (Connection other = DriverManager.getConnection(service.databaseUrl());
                    ResultSet row = other.createStatement().executeQuery("select count(*) from message")) {
                row.next();
                assertThat(row.getInt(1)).isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"8, 0.5, 97, 8", "8, 0.5, 10, 5", "8, 1, 7, 7", "8, 0.01, 97, 3", "100, 0.5, 97, 48", "-1, 1, 97, 10"})
    void a_pool_has_at_most_its_share_of_the_connections(int configured, double share, int given, int maximum) {
        assertThat(ConnectionShare.maximum(configured, share, given)).isEqualTo(maximum);
    }

    @Test
    void a_role_with_few_connections_shares_them(CapturedOutput output) throws Exception {
        Postgres server = Postgres.shared();
        String url = server.create("few_connections");
        server.run("create role mq_few login connection limit 8");
        server.run("grant all on database few_connections to mq_few");
        try (RunningService service = new RunningService(url.replace("user=postgres", "user=mq_few"))) {
            QueueClient queue = service.http().queue();
            List<Thread> senders = IntStream.range(0, 16)
                    .mapToObj(n -> Thread.startVirtualThread(() -> IntStream.range(0, 20)
                            .forEach(i -> queue.sendText("x"))))
                    .toList();
            for (Thread sender : senders) {
                sender.join();
            }
            assertThat(server.query("select count(*) from pg_stat_activity where usename = 'mq_few'")).isEqualTo("4");
            assertThat(output).contains("the pool has at most 4 connections");
        }
    }

    @Test
    void a_share_out_of_bounds_is_refused_with_its_bounds() {
        for (String share : List.of("0", "-1", "1.01", "NaN")) {
            assertThatThrownBy(() -> new RunningService(TestDatabase.H2.freshUrl(), "rowmq.store.max-share=" + share))
                    .hasStackTraceContaining("rowmq.store.max-share is")
                    .hasStackTraceContaining("allowed is above 0, at most 1");
        }
    }
}
