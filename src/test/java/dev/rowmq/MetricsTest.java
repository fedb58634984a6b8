package dev.rowmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

class MetricsTest {

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void the_figures_are_there_for_people_for_prometheus_and_as_json(TestDatabase database) {
        try (RunningService service = new RunningService(
                database.freshUrl(),
                "rowmq.metrics.interval=100ms",
                "rowmq.metrics.queues=2",
                "rowmq.maintenance.memory-report=1s")) {
            Http http = service.http();
            for (String name : List.of("a", "b", "c", "d")) {
                http.put("/v1/queues/" + name, "{}").expect(201);
                new QueueClient(http, name).sendBatch("{\"body\": \"12345\"}, {\"body\": \"123\"}").expect(200);
            }
            QueueClient queue = new QueueClient(http, "a");
            queue.ack(queue.receiveOne());
            queue.send("{\"body\": \"\"}").expect(400);

            Eventually.within(Duration.ofSeconds(5), "figures", () -> {
                JsonNode figures = http.get("/actuator/queues").expect(200).json();
                return figures.path("a").path("acked").asInt() == 1
                        && figures.path("a").path("sendErrors").asInt() == 1
                        && figures.path("(other)").path("sent").asInt() == 4;
            });
            JsonNode figures = http.get("/actuator/queues").json();
            assertThat(figures.propertyNames()).containsExactly("(other)", "a", "b");
            assertThat(figures.path("a").path("averageMessageSize").asInt()).isEqualTo(4);
            assertThat(figures.path("a").path("averageBatchSize").asInt()).isEqualTo(2);
            assertThat(figures.path("b").path("oldestAgeMillis").isNumber()).isTrue();
            Eventually.within(
                    Duration.ofSeconds(5),
                    "meters",
                    () -> http.get("/actuator/prometheus")
                            .text()
                            .contains("rowmq_messages_acked_total{queue=\"a\"} 1.0"));
            String text = http.get("/actuator/prometheus").text();
            assertThat(text)
                    .contains(
                            "rowmq_messages_ready_messages{queue=\"a\"} 1.0",
                            "rowmq_messages_sent_total{queue=\"a\"} 2.0",
                            "rowmq_messages_send_errors_total{queue=\"a\"} 1.0",
                            "rowmq_messages_received_total{queue=\"a\"} 1.0",
                            "rowmq_messages_in_flight_messages{queue=\"a\"} 0.0",
                            "rowmq_messages_dead_messages{queue=\"a\"} 0.0",
                            "rowmq_oldest_age_seconds{queue=\"a\"}",
                            "rowmq_processing_latency_seconds_count{queue=\"a\"} 1",
                            "rowmq_message_size_bytes{queue=\"a\"} 4.0",
                            "rowmq_batch_size_messages{queue=\"a\"} 2.0",
                            "rowmq_job_runs_total{job=\"clean-up\"",
                            "rowmq_memory_heap_bytes",
                            "rowmq_memory_collections",
                            "queue=\"(other)\"")
                    .doesNotContain("queue=\"c\"");

            http.delete("/v1/queues/a").expect(204);
            Eventually.within(
                    Duration.ofSeconds(5),
                    "meters of a deleted queue go",
                    () -> !http.get("/actuator/prometheus").text().contains("queue=\"a\""));
        }
    }

    @Test
    void info_and_jobs_tell_what_runs_here() {
        for (TestDatabase database : List.of(TestDatabase.H2, TestDatabase.POSTGRESQL)) {
            Http http = database.service().http();
            JsonNode info = http.get("/actuator/info").expect(200).json();
            assertThat(info.path("database").path("product").asString()).matches("(H2|PostgreSQL) [0-9].*");
            assertThat(info.path("database").path("partitions").asInt()).isEqualTo(1);
            assertThat(info.path("java").path("version").asString()).startsWith("25");
            Eventually.within(Duration.ofSeconds(20), "the clock was read", () -> {
                JsonNode clock = http.get("/actuator/jobs").expect(200).json().path("clock");
                return clock.path("outcome").asString("").matches("idle|changed")
                        && Instant.parse(clock.path("lastRun").asString())
                                .isAfter(Instant.now().minusSeconds(60));
            });
            assertThat(http.get("/actuator/scheduledtasks").expect(200).json().path("fixedDelay").size())
                    .isGreaterThan(5);
        }
    }
}
