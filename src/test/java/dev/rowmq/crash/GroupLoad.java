package dev.rowmq.crash;

import dev.rowmq.crash.GroupHistory.Granted;
import dev.rowmq.crash.GroupHistory.Released;
import dev.rowmq.crash.GroupHistory.SentInGroup;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import tools.jackson.databind.JsonNode;

/** Producers and consumers of a FIFO queue on one instance. They record what they see and go on after every failure. */
final class GroupLoad implements AutoCloseable {

    static final Duration LEASE = Duration.ofMillis(1500);

    private static final long PAUSE_NANOS = Duration.ofMillis(20).toNanos();
    private static final AtomicLong BATCHES = new AtomicLong();

    private final GroupHistory history;
    private final QueueClient queue;
    private final int groups;
    private final long seed;
    private final AtomicInteger number = new AtomicInteger();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean running = true;

    GroupLoad(GroupHistory history, QueueClient queue, int groups, int producers, int consumers, long seed) {
        this.history = history;
        this.queue = queue;
        this.groups = groups;
        this.seed = seed;
        for (int i = 0; i < producers; i++) {
            Random random = new Random(seed + i);
            threads.add(Thread.ofVirtual().start(() -> repeat(() -> send(random))));
        }
        for (int i = 0; i < consumers; i++) {
            Random random = new Random(seed - 1 - i);
            threads.add(Thread.ofVirtual().start(() -> repeat(() -> consume(random))));
        }
    }

    private void repeat(Runnable work) {
        while (running) {
            work.run();
            // leaves the processors to instances that start
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Half of the messages go to a hundredth of the groups, so that these have many. */
    private void send(Random random) {
        String group = "g" + (random.nextBoolean() ? random.nextInt(groups) : random.nextInt(groups / 100));
        String token = seed + "-" + number.incrementAndGet();
        long asked = System.nanoTime();
        Http.Answer answer = call(() -> queue.send("{\"body\": \"%s\", \"group\": \"%s\"}".formatted(token, group)));
        if (answer != null && answer.status() == 201) {
            history.sent.add(new SentInGroup(
                    group, token, position(answer.json()), asked, System.nanoTime()));
        } else {
            history.uncertain.add(token);
            pause();
        }
    }

    private static long position(JsonNode message) {
        return GeneratedId.key(message.path("id").asString()).orElseThrow().position();
    }

    private void consume(Random random) {
        List<JsonNode> messages = receive(1 + random.nextInt(12), "200ms");
        List<JsonNode> toAck = new ArrayList<>();
        for (JsonNode message : messages) {
            int what = random.nextInt(30);
            if (what == 0) {
                settle("nack", List.of(message), ", \"delay\": \"%dms\"".formatted(random.nextInt(2) * 1200));
            } else if (what > 1) {
                toAck.add(message);
            }
        }
        settle("ack", toAck, "");
    }

    private List<JsonNode> receive(int max, String wait) {
        long asked = System.nanoTime();
        Http.Answer answer = call(() -> queue.http()
                .post(
                        queue.path() + "/receive",
                        "{\"max\": %d, \"wait\": \"%s\", \"visibilityTimeout\": \"%dms\"}"
                                .formatted(max, wait, LEASE.toMillis())));
        if (answer == null || answer.status() != 200) {
            pause();
            return List.of();
        }
        long answered = System.nanoTime();
        long batch = BATCHES.incrementAndGet();
        List<JsonNode> messages = Http.list(answer.json().path("messages"));
        for (int i = 0; i < messages.size(); i++) {
            JsonNode message = messages.get(i);
            Instant until = Instant.parse(message.path("leaseUntil").asString());
            history.granted.add(new Granted(
                    message.path("group").asString(),
                    QueueClient.body(message),
                    position(message),
                    batch,
                    i,
                    message.path("deliveries").asInt(),
                    until.minus(LEASE),
                    until,
                    asked,
                    answered));
        }
        return messages;
    }

    /** An ack without an answer may have had an effect. */
    private void settle(String how, List<JsonNode> messages, String more) {
        if (messages.isEmpty()) {
            return;
        }
        long asked = System.nanoTime();
        messages.forEach(message -> history.released.add(new Released(
                message.path("group").asString(), QueueClient.body(message), how.equals("ack"), asked)));
        String receipts =
                messages.stream().map(m -> Http.quoted(m.path("receipt").asString())).collect(Collectors.joining(","));
        call(() -> queue.http().post(queue.path() + "/" + how, "{\"receipts\": [" + receipts + "]" + more + "}"));
    }

    /** Null when no complete answer was received. */
    private static Http.Answer call(Supplier<Http.Answer> call) {
        try {
            return call.get();
        } catch (UncheckedIOException | IllegalStateException cut) {
            return null;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Receives and acks until the queue is empty. */
    void drain() {
        close();
        long end = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        JsonNode stats = queue.stats();
        while (stats.path("ready").asLong() + stats.path("inFlight").asLong() + stats.path("delayed").asLong() > 0) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the drain did not end; left: " + stats);
            }
            settle("ack", receive(500, "500ms"), "");
            stats = queue.stats();
        }
    }

    @Override
    public void close() {
        running = false;
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(30));
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
