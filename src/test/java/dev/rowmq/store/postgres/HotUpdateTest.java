package dev.rowmq.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;

import tools.jackson.databind.JsonNode;

/** PostgreSQL: a claim updates no index, because the new version of its row stays on the same page. */
@Tag("long")
class HotUpdateTest {

    private static final int MESSAGES = 4000;

    @ParameterizedTest
    @ValueSource(ints = {10, 100, 1000})
    void nearly_every_update_of_a_message_is_a_hot_one(int batch) {
        try (RunningService service = new RunningService(TestDatabase.POSTGRESQL.freshUrl())) {
            QueueClient queue = service.http().queue();
            JdbcTemplate jdbc = service.bean(JdbcTemplate.class);
            String messages = IntStream.range(0, 100)
                    .mapToObj(i -> "{\"body\": \"" + "m".repeat(128) + "\"}")
                    .collect(Collectors.joining(","));
            for (int i = 0; i < MESSAGES / 100; i++) {
                queue.sendBatch(messages).expect(200);
            }
            for (int i = 0; i < MESSAGES / batch; i++) {
                List<JsonNode> received = queue.receive(batch);
                assertThat(received).hasSize(batch);
                queue.settleReceipts(
                        "ack",
                        "",
                        received.stream()
                                .map(message -> message.path("receipt").asString())
                                .toArray(String[]::new));
            }
            String updates = "select coalesce(%s, 0) from pg_stat_user_tables where relname = 'message'";
            Eventually.within(
                    Duration.ofSeconds(20),
                    "the statistics have come",
                    () -> jdbc.queryForObject(updates.formatted("n_tup_upd"), Long.class) >= MESSAGES);
            assertThat(jdbc.queryForObject(updates.formatted("n_tup_hot_upd::float / n_tup_upd"), Double.class))
                    .isGreaterThanOrEqualTo(0.9);
        }
    }
}
