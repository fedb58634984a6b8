package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.QueueService;
import dev.rowmq.support.ClosingReceiver;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.Receiver;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import com.standardwebhooks.Webhook;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;

@ParameterizedClass
@EnumSource(TestDatabase.class)
class PushTest {

    /**
     * A test that runs concurrently with the others of this class, because it spends most of its time waiting for calls
     * that must not be made.
     */
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    @Retention(RetentionPolicy.RUNTIME)
    @interface SideBySide {}

    static final Duration SOON = Duration.ofSeconds(20);
    private static final Map<TestDatabase, RunningService> SERVICES = new ConcurrentHashMap<>();

    private final TestDatabase database;
    private final RunningService service;
    private final Http http;

    PushTest(TestDatabase database) {
        this.database = database;
        this.service = SERVICES.computeIfAbsent(database, any -> started(any.freshUrl()));
        this.http = database == TestDatabase.MEMORY ? service.http().inMemory() : service.http();
    }

    static RunningService started(String url) {
        return new RunningService(
                url,
                "rowmq.push.allow-cidrs=127.0.0.0/8",
                "rowmq.push.probe-after=700ms",
                // many tests share the connections of one service
                "spring.datasource.hikari.connection-timeout=10000");
    }

    @AfterAll
    static void stop() {
        SERVICES.values().forEach(RunningService::close);
        SERVICES.clear();
    }

    static String path(QueueClient queue) {
        return queue.path() + "/subscriptions/billing";
    }

    /** @param more further fields, beginning with a comma */
    static JsonNode subscribe(QueueClient queue, Receiver receiver, String more) {
        return queue.http().put(path(queue), "{\"url\": \"" + receiver.url() + "\"" + more + "}").expect(201).json();
    }

    static JsonNode look(QueueClient queue) {
        return queue.http().get(path(queue)).expect(200).json();
    }

    /** Within 2 s a change reaches every instance, and workers with the old settings have stopped taking messages. */
    private static void settled() throws InterruptedException {
        Thread.sleep(2500);
    }

    static void called(Receiver receiver, int times) {
        Eventually.within(SOON, times + " calls", () -> receiver.calls().size() >= times);
    }

    static void empty(QueueClient queue) {
        Eventually.within(SOON, "nothing left", () -> {
            JsonNode stats = queue.stats();
            return stats.path("ready").asLong() + stats.path("inFlight").asLong() + stats.path("delayed").asLong() == 0;
        });
    }

    private static void verify(Receiver.Call call, String secret) throws Exception {
        Map<String, List<String>> headers = new HashMap<>();
        call.headers().forEach((name, values) -> headers.put(name.toLowerCase(java.util.Locale.ROOT), values));
        new Webhook(secret).verify(call.text(), headers);
    }

    @SideBySide
    void a_receiver_that_closes_connections_without_a_word_loses_nothing() {
        for (long closesAfterMillis : new long[] {0, 120}) {
            QueueClient queue = http.queue("{\"maxDeliveries\": 1}");
            try (ClosingReceiver receiver = new ClosingReceiver(closesAfterMillis)) {
                http.put(path(queue), "{\"url\": \"" + receiver.url() + "\"}").expect(201);
                for (int i = 0; i < 200; i++) {
                    queue.sendText("m" + i);
                    if (closesAfterMillis > 0 && i % 10 == 0) {
                        java.util.concurrent.locks.LockSupport.parkNanos(closesAfterMillis * 1_000_000
                                - 1_000_000 * (i % 4));
                    }
                }
                empty(queue);
                assertThat(queue.deadLetters()).isEmpty();
                assertThat(receiver.ids().stream().distinct()).hasSize(200);
                Eventually.within(SOON, "all calls are counted",
                        () -> look(queue).path("deliveries").path("lastHour").path("succeeded").asLong() >= 200);
                assertThat(look(queue).path("deliveries").path("lastHour").path("failed").asLong()).isZero();
            }
        }
    }

    @SideBySide
    void an_id_with_dots_has_none_in_the_header_so_that_a_signature_reads_one_way() throws Exception {
        QueueClient queue = http.queue();
        try (Receiver receiver = Receiver.answering(204)) {
            String secret = subscribe(queue, receiver, "").path("secret").asString();
            queue.send("{\"id\": \"pay-1.1700000000.x%\", \"body\": \"b\"}").expect(201);
            called(receiver, 1);
            assertThat(receiver.calls().getFirst().header("webhook-id")).isEqualTo("pay-1%2E1700000000%2Ex%25");
            verify(receiver.calls().getFirst(), secret);
        }
    }

    @SideBySide
    void a_body_is_posted_as_it_was_sent_alone_and_in_a_batch() {
        for (String batchSize : List.of("1", "2")) {
            QueueClient queue = http.queue();
            try (Receiver receiver = Receiver.answering(204)) {
                subscribe(queue, receiver, ", \"batchSize\": " + batchSize);
                queue.send("{\"body\": " + JsonBodyTest.NUMBERS + "}").expect(201);
                called(receiver, 1);
                assertThat(receiver.calls().getFirst().text()).contains(JsonBodyTest.NUMBERS);
                empty(queue);
            }
        }
    }

    @SideBySide
    void a_message_is_posted_signed_and_then_acked_and_recorded_as_processed() throws Exception {
        QueueClient queue = http.queue();
        try (Receiver receiver = Receiver.answering(204)) {
            String secret = subscribe(queue, receiver, "").path("secret").asString();
            String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
            queue.send("{\"id\": \"order-1\", \"body\": {\"total\": 1.50}, \"metadata\": {\"type\": \"order.paid\","
                    + " \"who\": \"J\u00fcrgen 100%\", \"traceparent\": \""
                    + trace + "\"}}");
            called(receiver, 1);
            Receiver.Call call = receiver.calls().getFirst();
            verify(call, secret);
            assertThat(call.text()).isEqualTo("{\"total\":1.50}");
            assertThat(call.header("content-type")).isEqualTo("application/json");
            assertThat(call.header("webhook-id")).isEqualTo("order-1");
            assertThat(call.header("rowmq-queue")).isEqualTo(queue.name());
            assertThat(call.header("rowmq-deliveries")).isEqualTo("1");
            assertThat(call.header("rowmq-metadata-type")).isEqualTo("order.paid");
            assertThat(call.header("rowmq-metadata-who")).isEqualTo("J%C3%BCrgen 100%25");
            assertThat(call.header("traceparent"))
                    .startsWith(trace.substring(0, 36))
                    .endsWith("-01")
                    .isNotEqualTo(trace);
            empty(queue);
            assertThat(queue.stats().path("acked").asLong()).isEqualTo(1);
            http.get(queue.path() + "/processed/order-1").expect(200);

            String generated = queue.sendText("plain");
            called(receiver, 2);
            assertThat(receiver.calls().get(1).text()).isEqualTo("plain");
            assertThat(receiver.calls().get(1).header("content-type")).isEqualTo("text/plain; charset=utf-8");
            assertThat(receiver.calls().get(1).header("traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00");
            Eventually.within(
                    SOON,
                    "a generated id is recorded too",
                    () -> http.get(queue.path() + "/processed/" + generated).status() == 200);
            Eventually.within(
                    SOON,
                    "visible",
                    () -> look(queue)
                                    .path("deliveries")
                                    .path("lastHour")
                                    .path("succeeded")
                                    .asLong()
                            == 2);
            JsonNode deliveries = look(queue).path("deliveries");
            assertThat(deliveries.path("lastHour").path("messages").asLong()).isEqualTo(2);
            assertThat(deliveries.path("lastAttempts").path(0).path("status").asInt()).isEqualTo(204);
            assertThat(deliveries.path("lastAttempts").path(0).path("id").asString()).isEqualTo(generated);
            assertThat(deliveries.path("circuit").asString()).isEqualTo("closed");
            assertThat(look(queue).has("secret")).isFalse();
            assertThat(http.get("/actuator/prometheus").text())
                    .contains("rowmq_push_calls_seconds_count{outcome=\"succeeded\",queue=\"" + queue.name()
                            + "\",subscription=\"billing\"} 2");
        }
    }

    @SideBySide
    void bytes_arrive_as_bytes_and_a_batch_as_one_call() throws Exception {
        QueueClient queue = http.queue();
        queue.sendBatch(
                "{\"body\": \"a\", \"id\": \"1\", \"metadata\": {\"k\": \"v\"}}, {\"body\": [1]}, {\"bodyBase64\":"
                        + " \"AP8=\"}");
        try (Receiver receiver = Receiver.answering(200)) {
            String secret = subscribe(queue, receiver, ", \"batchSize\": 10, \"workers\": 1").path("secret").asString();
            called(receiver, 1);
            Receiver.Call call = receiver.calls().getFirst();
            verify(call, secret);
            assertThat(call.header("webhook-id")).matches("batch-[0-9a-f]{32}");
            assertThat(call.text())
                    .startsWith(
                            "{\"messages\":[{\"id\":\"1\",\"body\":\"a\",\"metadata\":{\"k\":\"v\"},\"deliveries\":1,")
                    .contains("\"body\":[1]", "\"bodyBase64\":\"AP8=\"");
            empty(queue);
            http.put(path(queue), "{\"batchSize\": 1}").expect(200);
            Eventually.within(SOON, "changed", () -> look(queue).path("batchSize").asInt() == 1);
            settled();
            queue.send("{\"bodyBase64\": \"AP8=\"}");
            called(receiver, 2);
            assertThat(receiver.calls().get(1).body()).containsExactly(0, 0xFF);
            assertThat(receiver.calls().get(1).header("content-type")).isEqualTo("application/octet-stream");
        }
    }

    @SideBySide
    void a_message_whose_id_is_already_processed_is_acked_without_a_call() {
        database.assumeTables();
        QueueClient queue = http.queue();
        JdbcTemplate jdbc = service.bean(JdbcTemplate.class);
        int queueId = service.bean(QueueService.class).get(queue.name()).queue().id();
        // the lease ends while the receiver works, and another consumer gets the message
        try (Receiver receiver = new Receiver((call, number) -> {
            jdbc.update("update message set visible_at = clock_timestamp() where queue_id = ?", queueId);
            assertThat(queue.receive("{\"wait\": \"5s\", \"visibilityTimeout\": \"2s\"}")).hasSize(1);
            Receiver.answer(call, 200, "");
        })) {
            subscribe(queue, receiver, ", \"workers\": 1");
            String id = queue.sendText("once");
            called(receiver, 1);
            Eventually.within(
                    SOON,
                    "recorded although the lease was lost",
                    () -> http.get(queue.path() + "/processed/" + id).status() == 200);
            assertThat(queue.stats().path("inFlight").asLong()).isEqualTo(1);
            empty(queue);
            assertThat(queue.stats().path("acked").asLong()).isEqualTo(1);
            assertThat(receiver.calls()).as("calls").hasSize(1);
        }
    }

    @SideBySide
    void two_messages_with_one_id_in_a_queue_of_dead_letters_are_both_delivered() {
        QueueClient dead = http.queue();
        QueueClient one = http.queue("{\"maxDeliveries\": 1, \"deadLetterQueue\": \"" + dead.name() + "\"}");
        QueueClient other = http.queue("{\"maxDeliveries\": 1, \"deadLetterQueue\": \"" + dead.name() + "\"}");
        for (QueueClient queue : List.of(one, other)) {
            queue.send("{\"body\": \"" + queue.name() + "\", \"id\": \"order-1\"}").expect(201);
            assertThat(queue.nack(queue.receiveOne())).isEqualTo("dead");
        }
        try (Receiver receiver = Receiver.answering(200)) {
            subscribe(dead, receiver, ", \"workers\": 1");
            empty(dead);
            assertThat(receiver.calls())
                    .extracting(Receiver.Call::text)
                    .containsExactlyInAnyOrder(one.name(), other.name());
        }
    }

    @SideBySide
    void as_many_workers_and_as_large_batches_as_are_allowed() {
        QueueClient queue = http.queue();
        try (Receiver receiver = Receiver.answering(200)) {
            subscribe(queue, receiver, ", \"workers\": 64, \"batchSize\": 100");
            queue.sendBatch(java.util.stream.IntStream.range(0, 1000)
                            .mapToObj(i -> "{\"body\": \"x\"}")
                            .collect(java.util.stream.Collectors.joining(",")))
                    .expect(200);
            empty(queue);
            assertThat(queue.stats().path("acked").asInt()).isEqualTo(1000);
        }
    }

    @SideBySide
    void a_success_whose_body_breaks_off_is_a_success() {
        QueueClient queue = http.queue();
        try (Receiver receiver = new Receiver((call, number) -> {
            call.sendResponseHeaders(200, 1000);
            call.getResponseBody().write(new byte[3]);
            call.getResponseBody().flush();
            throw new java.io.IOException("cut");
        })) {
            subscribe(queue, receiver, "");
            queue.sendText("x");
            empty(queue);
            assertThat(receiver.calls()).hasSize(1);
        }
    }

    @SideBySide
    void gone_disables_until_it_is_resumed_and_loses_nothing() throws Exception {
        QueueClient queue = http.queue();
        try (Receiver receiver = new Receiver(
                (call, number) -> Receiver.answer(call, number == 1 ? 410 : 200, number == 1 ? "moved" : ""))) {
            subscribe(queue, receiver, "");
            queue.sendText("x");
            Eventually.within(SOON, "disabled", () -> look(queue).path("state").asString().equals("disabled"));
            assertThat(look(queue).path("disabledBecause").asString()).isEqualTo("HTTP 410: moved");
            Eventually.within(
                    SOON,
                    "told",
                    () -> look(queue)
                                    .path("deliveries")
                                    .path("lastAttempts")
                                    .path(0)
                                    .path("status")
                                    .asInt()
                            == 410);
            Thread.sleep(2500);
            assertThat(receiver.calls()).hasSize(1);
            http.post(path(queue) + "/resume", null).expect(200);
            empty(queue);
            assertThat(receiver.calls()).hasSize(2);
        }
    }

    @SideBySide
    void who_asks_for_rest_gets_it() throws Exception {
        QueueClient queue = http.queue();
        try (Receiver receiver = new Receiver((call, number) -> {
            call.getResponseHeaders().add("Retry-After", "3");
            Receiver.answer(call, number == 1 ? 429 : 200, "");
        })) {
            subscribe(queue, receiver, "");
            queue.sendText("x");
            called(receiver, 1);
            Eventually.within(SOON, "told", () -> look(queue).path("deliveries").path("lastAttempts").size() == 1);
            queue.sendText("y");
            empty(queue);
            List<Receiver.Call> calls = receiver.calls();
            for (int i = 1; i <= 1; i++) {
                assertThat(Duration.ofNanos(
                                calls.get(i).nanos() - calls.get(i - 1).nanos()))
                        .isGreaterThan(Duration.ofMillis(2900));
            }
        }
    }

    @SideBySide
    void a_date_after_which_to_try_again_is_heeded_too() {
        QueueClient queue = http.queue();
        try (Receiver receiver = new Receiver((call, number) -> {
            call.getResponseHeaders()
                    .add("Retry-After", java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME.format(
                            java.time.ZonedDateTime.now(java.time.ZoneOffset.UTC).plusSeconds(4)));
            Receiver.answer(call, number == 1 ? 503 : 200, "");
        })) {
            subscribe(queue, receiver, "");
            queue.sendText("x");
            empty(queue);
            List<Receiver.Call> calls = receiver.calls();
            assertThat(Duration.ofNanos(calls.get(1).nanos() - calls.get(0).nanos()))
                    .isGreaterThan(Duration.ofMillis(2900));
        }
    }

    @SideBySide
    void pause_and_resume_and_delete() throws Exception {
        QueueClient queue = http.queue();
        try (Receiver receiver = Receiver.answering(200)) {
            subscribe(queue, receiver, "");
            queue.sendText("x");
            called(receiver, 1);
            assertThat(http.post(path(queue) + "/pause", null)
                            .expect(200)
                            .json()
                            .path("state")
                            .asString())
                    .isEqualTo("paused");
            settled();
            queue.sendText("y");
            Thread.sleep(1000);
            assertThat(receiver.calls()).hasSize(1);
            http.post(path(queue) + "/resume", null).expect(200);
            called(receiver, 2);
            assertThat(http.get(queue.path() + "/subscriptions").expect(200).json().path("items").size()).isEqualTo(1);
            http.delete(path(queue)).expect(204);
            http.delete(path(queue)).expect(404);
            settled();
            queue.sendText("z");
            List<JsonNode> left = queue.receive("{\"wait\": \"10s\"}");
            assertThat(left).as("what is not taken any more; calls: " + receiver.calls().size()).hasSize(1);
            assertThat(QueueClient.body(left.getFirst())).isEqualTo("z");
            http.delete(queue.path()).expect(204);
        }
    }

    @SideBySide
    void no_redirect_is_followed_no_endless_answer_read_and_none_waited_for_longer_than_said() {
        QueueClient queue = http.queue();
        try (Receiver elsewhere = Receiver.answering(200);
                Receiver receiver = new Receiver((call, number) -> {
                    if (number == 1) {
                        call.getResponseHeaders().add("Location", elsewhere.url());
                        Receiver.answer(call, 307, "");
                    } else if (number == 2) {
                        Thread.sleep(10_000);
                    } else {
                        call.sendResponseHeaders(200, 0);
                        while (true) {
                            call.getResponseBody().write(new byte[8192]);
                        }
                    }
                })) {
            subscribe(queue, receiver, ", \"timeout\": \"3s\"");
            queue.sendText("x");
            empty(queue);
            assertThat(elsewhere.calls()).isEmpty();
            assertThat(receiver.calls()).hasSize(3);
            Eventually.within(SOON, "told", () -> look(queue).path("deliveries").path("lastAttempts").size() == 3);
            JsonNode attempts = look(queue).path("deliveries").path("lastAttempts");
            assertThat(attempts.path(2).path("error").asString()).isEqualTo("HTTP 307 (redirects are not followed)");
            assertThat(attempts.path(1).path("error").asString()).isEqualTo("no answer within 3000 ms");
            assertThat(attempts.path(0).path("status").asInt()).isEqualTo(200);
        }
    }

    @SideBySide
    void a_host_that_leads_elsewhere_by_now_is_not_connected_to() throws Exception {
        database.assumeTables();
        Http strict = database.service().http();
        QueueClient queue = strict.queue();
        // no message is sent while it is paused, so no address is called
        strict.post(queue.path() + "/pause", null).expect(200);
        strict.put(path(queue), "{\"url\": \"https://1.1.1.1/in\"}").expect(201);
        try (Receiver receiver = Receiver.answering(200)) {
            database.service()
                    .bean(JdbcTemplate.class)
                    .update(
                            "update subscription set url = ? where name = 'billing' and url = 'https://1.1.1.1/in'",
                            receiver.url());
            Eventually.within(SOON, "seen", () -> look(queue).path("url").asString().equals(receiver.url()));
            settled();
            queue.sendText("x");
            strict.post(queue.path() + "/resume", null).expect(200);
            Eventually.within(SOON, "refused", () -> look(queue).path("deliveries").path("lastAttempts").size() > 0);
            assertThat(look(queue).path("deliveries").path("lastAttempts").path(0).path("error").asString())
                    .contains("leads to no public address");
            assertThat(receiver.calls()).isEmpty();
        } finally {
            strict.delete(queue.path()).expect(204);
        }
    }

    @SideBySide
    void a_secret_is_rotated_with_both_valid_for_a_while() throws Exception {
        QueueClient queue = http.queue();
        String mine = "whsec_" + java.util.Base64.getEncoder().encodeToString(new byte[24]);
        try (Receiver receiver = Receiver.answering(200)) {
            assertThat(subscribe(queue, receiver, ", \"secret\": \"" + mine + "\"")
                            .path("secret")
                            .asString())
                    .isEqualTo(mine);
            JsonNode rotated = http.post(path(queue) + "/rotate-secret", "{\"keepOld\": \"1h\"}").expect(200).json();
            assertThat(rotated.path("oldSecretUntil").asString()).isNotEmpty();
            settled();
            queue.sendText("x");
            called(receiver, 1);
            verify(receiver.calls().getFirst(), mine);
            verify(receiver.calls().getFirst(), rotated.path("secret").asString());
            http.post(path(queue) + "/rotate-secret", null).expect(409);
            String last = http.post(path(queue) + "/rotate-secret", "{\"keepOld\": \"0s\"}")
                    .expect(200)
                    .json()
                    .path("secret")
                    .asString();
            settled();
            queue.sendText("y");
            called(receiver, 2);
            verify(receiver.calls().get(1), last);
            assertThat(receiver.calls().get(1).header("webhook-signature").split(" ")).hasSize(1);
        }
    }
}
