package dev.rowmq.store.postgres.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;

import org.junit.jupiter.api.Test;

/** Settings of the connection pool that users provide. */
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
}
