package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.TestDatabase;

import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Seeded random requests, valid, unusual and broken: 5,000, 50,000 in the soak, or as
 * many as {@code rowmq.requests} says. The seed is printed and can be set.
 */
class RandomRequestsTest {

    private static final int REQUESTS = Integer.getInteger(
            "rowmq.requests", Boolean.getBoolean("rowmq.soak") ? 50_000 : 5_000);
    private static final int CLIENTS = 8;

    private static final String[] SCALARS = {
        "0",
        "-1",
        "1",
        "7",
        "1001",
        "2147483648",
        "1e400",
        "0.5",
        "true",
        "null",
        "\"\"",
        "\"x\"",
        "\"2s\"",
        "\"300ms\"",
        "\"-5m\"",
        "\"PT1S\"",
        "\"99999999999d\"",
        "[]",
        "{}",
        "[1, [2]]",
        "\"\\u0000\"",
        "\"\\ud83d\\ude00\"",
        "\"\\udc00\"",
        "\"2026-01-01T00:00:00Z\"",
        "\"'; drop table queue; --\"",
        "\"${x}\"",
        "NaN",
        "\"eA==\"",
        "\"all\"",
        "\"memory\""
    };
    private static final String[] ROUTES = {
        "PUT /v1/queues/{q}",
        "PUT /v1/queues/{q}",
        "GET /v1/queues",
        "GET /v1/queues/{q}",
        "DELETE /v1/queues/{q}",
        "DELETE /v1/queues/{q}/messages",
        "POST /v1/queues/{q}/pause",
        "POST /v1/queues/{q}/resume",
        "POST /v1/queues/{q}/messages",
        "POST /v1/queues/{q}/messages",
        "POST /v1/queues/{q}/messages",
        "POST /v1/queues/{q}/messages?block=300ms",
        "POST /v1/queues/{q}/messages/batch",
        "POST /v1/queues/{q}/messages/batch",
        "POST /v1/queues/{q}/receive",
        "POST /v1/queues/{q}/receive",
        "POST /v1/queues/{q}/receive",
        "POST /v1/queues/{q}/ack",
        "POST /v1/queues/{q}/nack",
        "POST /v1/queues/{q}/extend",
        "GET /v1/queues/{q}/messages",
        "GET /v1/queues/{q}/messages/7",
        "GET /v1/queues/{q}/processed/7",
        "GET /v1/queues/{q}/dead-letters",
        "GET /v1/queues/{q}/dead-letters/7",
        "POST /v1/queues/{q}/dead-letters/redrive",
        "DELETE /v1/queues/{q}/dead-letters/7",
        "DELETE /v1/queues/{q}/dead-letters",
        "PUT /v1/topics/{q}",
        "GET /v1/topics",
        "GET /v1/topics/{q}",
        "POST /v1/topics/{q}/messages",
        "DELETE /v1/topics/{q}",
        "PUT /v1/queues/{q}/subscriptions/s",
        "GET /v1/queues/{q}/subscriptions",
        "GET /v1/queues/{q}/subscriptions/s",
        "POST /v1/queues/{q}/subscriptions/s/pause",
        "POST /v1/queues/{q}/subscriptions/s/resume",
        "POST /v1/queues/{q}/subscriptions/s/rotate-secret",
        "DELETE /v1/queues/{q}/subscriptions/s"
    };
    private static final String[] FIELDS = {
        "body",
        "bodyBase64",
        "id",
        "metadata",
        "priority",
        "delay",
        "deliverAt",
        "ttl",
        "group",
        "max",
        "wait",
        "visibilityTimeout",
        "receipts",
        "error",
        "messages",
        "ids",
        "all",
        "messagesPerSecond",
        "maxDeliveries",
        "retry",
        "retention",
        "deadLetterQueue",
        "priorities",
        "maxMessages",
        "maxMessageSize",
        "sendRate",
        "burst",
        "bindings",
        "queue",
        "filter",
        "storage",
        "url",
        "workers",
        "batchSize",
        "timeout",
        "secret",
        "keepOld",
        "unknown",
        "constructor",
        "__proto__"
    };

    @ParameterizedTest
    @EnumSource(TestDatabase.class)
    void no_request_is_ever_a_500_or_takes_over_5_seconds(TestDatabase database) throws Exception {
        long seed = Long.getLong("rowmq.seed", System.nanoTime());
        System.out.printf("random requests on %s: %d with -Drowmq.seed=%d%n", database, REQUESTS, seed);
        Http http = database.service().http();
        if (database == TestDatabase.MEMORY) {
            http.put("/v1/queues/random-0", "{\"storage\": \"memory\"}");
            http.put("/v1/queues/random-1", "{\"storage\": \"memory\", \"priorities\": 3}");
        }
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        Map<Integer, Integer> statuses = new TreeMap<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                Random random = new Random(seed + client);
                running.add(clients.submit(() -> {
                    for (int i = 0; i < REQUESTS / CLIENTS; i++) {
                        int status = one(http, random, failures);
                        synchronized (statuses) {
                            statuses.merge(status, 1, Integer::sum);
                        }
                    }
                }));
            }
            for (Future<?> client : running) {
                client.get();
            }
        }
        System.out.println("answers by status: " + statuses);
        assertThat(failures).as("seed " + seed).isEmpty();
        assertThat(statuses).containsKeys(200, 201, 400, 404);
    }

    private static int one(Http http, Random random, Queue<String> failures) {
        String[] route = pick(random, ROUTES).split(" ");
        String method = random.nextInt(20) == 0 ? pick(random, "GET", "POST", "PUT", "DELETE", "PATCH") : route[0];
        String path = route[1].replace("{q}", pick(random, "random-0", "random-0", "random-1", "random-1", "%20", "x"))
                + pick(
                        random,
                        "",
                        "",
                        "",
                        "?limit=" + random.nextInt(-1, 3),
                        "?state=" + pick(random, "ready", "delayed", "x"),
                        "?cursor=a");
        String body = method.equals("GET") || method.equals("DELETE") ? null : body(random, path);
        HttpRequest.Builder request = http.request(path)
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body.getBytes(StandardCharsets.UTF_8)));
        if (random.nextInt(50) != 0) {
            request.header("Content-Type", "application/json");
        }
        long start = System.nanoTime();
        Http.Answer answer = http.send(request);
        long millis = (System.nanoTime() - start) / 1_000_000;
        if (answer.status() >= 500 || millis > 5000) {
            failures.add(answer.status() + " after " + millis + " ms: " + method + " " + path + " " + body + " -> "
                    + answer.text());
        }
        return answer.status();
    }

    private static String body(Random random, String path) {
        if (path.endsWith("/pause")) {
            return "{}";
        }
        if (random.nextInt(3) > 0 && path.contains("/messages") && !path.contains("batch")) {
            return "{\"body\": \"good\", \"id\": \"" + random.nextInt(1000) + "\"}";
        }
        if (random.nextInt(3) > 0 && !path.contains("/messages")) {
            return "{}";
        }
        String text = object(random, 0);
        return random.nextInt(20) == 0 ? text.substring(0, random.nextInt(text.length())) : text;
    }

    private static String object(Random random, int depth) {
        StringBuilder text = new StringBuilder("{");
        int fields = random.nextInt(1, 4);
        for (int i = 0; i < fields; i++) {
            text.append(i == 0 ? "" : ", ")
                    .append('"')
                    .append(pick(random, FIELDS))
                    .append("\": ")
                    .append(value(random, depth));
        }
        return text.append('}').toString();
    }

    /** Among the durations that a wait accepts, the longest is 2s: a longer one would only slow the test down. */
    private static String value(Random random, int depth) {
        if (depth < 3 && random.nextInt(4) == 0) {
            return object(random, depth + 1);
        }
        if (depth < 3 && random.nextInt(6) == 0) {
            return "[" + value(random, depth + 1) + ", " + value(random, depth + 1) + "]";
        }
        return pick(random, SCALARS);
    }

    @SafeVarargs
    private static <T> T pick(Random random, T... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
