package dev.rowmq.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** Defaults of the role, the database or the URL do not change the guarantees of the service. */
class RoleSettingsTest {

    private static final Map<String, String> WANTED = Map.of(
            "synchronous_commit", "on",
            "statement_timeout", "5s",
            "lock_timeout", "2s",
            "idle_in_transaction_session_timeout", "10s",
            "idle_session_timeout", "0",
            "default_transaction_isolation", "read committed",
            "default_transaction_deferrable", "off",
            "array_nulls", "on",
            "transform_null_equals", "off",
            "jit", "off");

    private static void set(String url, String setting) {
        String name = url.substring(url.lastIndexOf('/') + 1, url.indexOf('?'));
        Postgres.shared().run("alter database " + name + " set " + setting);
    }

    @Test
    void settings_of_the_database_and_of_the_url_do_not_hold_for_the_service() {
        String url = TestDatabase.POSTGRESQL.freshUrl();
        for (String setting : List.of(
                "synchronous_commit = off", "statement_timeout = '50s'", "lock_timeout = 0",
                "idle_in_transaction_session_timeout = 0",
                "idle_session_timeout = '1s'", "default_transaction_deferrable = on", "array_nulls = off",
                "transform_null_equals = on")) {
            set(url, setting);
        }
        try (RunningService service = new RunningService(url + "&options=-c%20statement_timeout=77s")) {
            JdbcTemplate jdbc = service.bean(JdbcTemplate.class);
            WANTED.forEach((name, value) ->
                    assertThat(jdbc.queryForObject("select current_setting(?)", String.class, name)).as(name)
                            .isEqualTo(value));
            QueueClient queue = service.http().queue();
            queue.sendBatch("{\"body\": \"a\", \"id\": \"x\"}, {\"body\": \"b\"}").expect(200);
            assertThat(queue.receive(10)).extracting(message -> message.path("id").asString()).contains("x")
                    .doesNotContain("NULL");
        }
    }

    @Test
    void a_stronger_commit_than_ours_stays() {
        String url = TestDatabase.POSTGRESQL.freshUrl();
        set(url, "synchronous_commit = remote_apply");
        try (RunningService service = new RunningService(url)) {
            assertThat(service.bean(JdbcTemplate.class).queryForObject("show synchronous_commit", String.class))
                    .isEqualTo("remote_apply");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"repeatable read", "serializable"})
    void another_default_isolation_refuses_nothing(String isolation) throws Exception {
        String url = TestDatabase.POSTGRESQL.freshUrl();
        set(url, "default_transaction_isolation = '" + isolation + "'");
        try (RunningService service = new RunningService(url);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            QueueClient queue = service.http().queue();
            List<Future<Integer>> statuses = new ArrayList<>();
            for (int client = 0; client < 8; client++) {
                statuses.addAll(IntStream.range(0, 40).mapToObj(i -> clients.submit(() -> {
                    int sent = queue.send("{\"body\": \"x\", \"id\": \"" + java.util.UUID.randomUUID() + "\"}")
                            .status();
                    queue.receive(5).forEach(message -> assertThat(queue.ack(message)).isEqualTo("acked"));
                    return sent;
                })).toList());
            }
            for (Future<Integer> status : statuses) {
                assertThat(status.get()).isEqualTo(201);
            }
        }
    }
}
