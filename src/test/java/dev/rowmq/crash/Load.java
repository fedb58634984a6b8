package dev.rowmq.crash;

import dev.rowmq.crash.History.Outcome;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import tools.jackson.databind.JsonNode;

/** Producers and consumers that record the outcomes of their requests and continue after every failure. */
final class Load implements AutoCloseable {

    static final Duration LEASE = Duration.ofMillis(1500);

    private final History history;
    private final QueueClient queue;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger number = new AtomicInteger();
    private final long seed;
    private volatile boolean sending = true;
    private volatile boolean receiving = true;

    Load(History history, QueueClient queue, int producers, int consumers, long seed) {
        this.history = history;
        this.queue = queue;
        this.seed = seed;
        for (int i = 0; i < producers; i++) {
            int producer = i;
            threads.add(Thread.ofVirtual().start(() -> produce(new Random(seed + producer))));
        }
        for (int i = 0; i < consumers; i++) {
            int consumer = i;
            threads.add(Thread.ofVirtual().start(() -> consume(new Random(seed - 1 - consumer))));
        }
    }

    private void produce(Random random) {
        while (sending) {
            if (random.nextInt(4) == 0) {
                sendBatch(1 + random.nextInt(20));
            } else {
                sendOne(random.nextBoolean());
            }
        }
    }

    private String token() {
        return seed + "-" + number.incrementAndGet();
    }

    private void sendOne(boolean ownId) {
        String token = token();
        String message = "{\"body\": \"" + token + "\"" + (ownId ? ", \"id\": \"" + token + "\"}" : "}");
        Outcome outcome = outcome(call(() -> queue.send(message)));
        history.add(new History.Sent(token, outcome));
        for (int i = 0; ownId && outcome != Outcome.OK && i < 200 && sending; i++) {
            pause(50);
            outcome = outcome(call(() -> queue.send(message)));
            history.add(new History.Sent(token, outcome));
        }
    }

    private void sendBatch(int size) {
        List<String> tokens = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            tokens.add(token());
        }
        Http.Answer answer = call(() -> queue.sendBatch(
                tokens.stream().map(token -> "{\"body\": \"" + token + "\"}").collect(Collectors.joining(","))));
        for (int i = 0; i < size; i++) {
            Outcome outcome = outcome(answer);
            if (outcome == Outcome.OK
                    && !answer.json().path("results").path(i).path("status").asString().equals("accepted")) {
                outcome = answer.json().path("results").path(i).path("code").asString("").equals("OUTCOME_UNKNOWN")
                        ? Outcome.INFO
                        : Outcome.FAIL;
            }
            history.add(new History.Sent(tokens.get(i), outcome));
        }
        pauseAfter(answer);
    }

    private void consume(Random random) {
        while (receiving) {
            List<JsonNode> messages = receive(1 + random.nextInt(20), "200ms");
            List<JsonNode> toAck = new ArrayList<>();
            for (JsonNode message : messages) {
                int what = random.nextInt(20);
                if (what == 0) {
                    nack(message);
                } else if (what > 1) {
                    toAck.add(message);
                }
            }
            if (!toAck.isEmpty()) {
                ack(toAck);
            }
        }
    }

    private List<JsonNode> receive(int max, String wait) {
        long asked = System.nanoTime();
        Http.Answer answer = call(() -> queue.http()
                .post(
                        queue.path() + "/receive",
                        "{\"max\": %d, \"wait\": \"%s\", \"visibilityTimeout\": \"%dms\"}"
                                .formatted(max, wait, LEASE.toMillis())));
        if (outcome(answer) != Outcome.OK) {
            pauseAfter(answer);
            return List.of();
        }
        long answered = System.nanoTime();
        List<JsonNode> messages = Http.list(answer.json().path("messages"));
        for (JsonNode message : messages) {
            Instant until = Instant.parse(message.path("leaseUntil").asString());
            history.add(new History.Delivered(
                    QueueClient.body(message),
                    message.path("receipt").asString(),
                    message.path("deliveries").asInt(),
                    message.path("fencingToken").asLong(),
                    until.minus(LEASE),
                    until,
                    asked,
                    answered));
        }
        return messages;
    }

    private void ack(List<JsonNode> messages) {
        long asked = System.nanoTime();
        Http.Answer answer = settle("ack", messages);
        long answered = System.nanoTime();
        for (int i = 0; i < messages.size(); i++) {
            history.add(new History.Acked(
                    QueueClient.body(messages.get(i)),
                    messages.get(i).path("receipt").asString(),
                    settled(answer, i, "acked"),
                    asked,
                    answered));
        }
        pauseAfter(answer);
    }

    private void nack(JsonNode message) {
        Http.Answer answer = settle("nack", List.of(message));
        history.add(new History.Nacked(
                QueueClient.body(message), message.path("receipt").asString(), settled(answer, 0, "nacked")));
    }

    private Http.Answer settle(String how, List<JsonNode> messages) {
        String receipts =
                messages.stream().map(m -> Http.quoted(m.path("receipt").asString())).collect(Collectors.joining(","));
        return call(() -> queue.http().post(queue.path() + "/" + how, "{\"receipts\": [" + receipts + "]}"));
    }

    private static Outcome settled(Http.Answer answer, int index, String wanted) {
        Outcome outcome = outcome(answer);
        String status = outcome == Outcome.OK
                ? answer.json().path("results").path(index).path("status").asString()
                : wanted;
        return status.equals(wanted) ? outcome : status.equals("unknown") ? Outcome.INFO : Outcome.FAIL;
    }

    /** Null when no complete answer was received. */
    private static Http.Answer call(Supplier<Http.Answer> call) {
        try {
            return call.get();
        } catch (UncheckedIOException | IllegalStateException cut) {
            return null;
        }
    }

    private static Outcome outcome(Http.Answer answer) {
        if (answer == null || answer.status() == 500 || answer.code().equals("OUTCOME_UNKNOWN")) {
            return Outcome.INFO;
        }
        return answer.status() < 300 ? Outcome.OK : Outcome.FAIL;
    }

    private static void pauseAfter(Http.Answer answer) {
        if (outcome(answer) != Outcome.OK) {
            pause(50);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the load, then receives and acks until the queue is empty. */
    void drain() {
        close();
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        JsonNode stats = queue.stats();
        while (stats.path("ready").asLong() + stats.path("inFlight").asLong() + stats.path("delayed").asLong() > 0) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the drain did not end; left: " + stats);
            }
            List<JsonNode> messages = receive(500, "500ms");
            if (!messages.isEmpty()) {
                ack(messages);
            }
            stats = queue.stats();
        }
        for (int i = 0; i < 3; i++) {
            List<JsonNode> messages = receive(500, "700ms");
            if (!messages.isEmpty()) {
                throw new AssertionError("the counts said empty but " + messages.size() + " messages came");
            }
        }
    }

    @Override
    public void close() {
        sending = false;
        receiving = false;
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(30));
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
        threads.clear();
    }
}
