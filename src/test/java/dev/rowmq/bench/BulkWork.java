package dev.rowmq.bench;

import dev.rowmq.support.Http;
import dev.rowmq.support.LoadClient.Measured;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * All work outside the hot path, with many messages at once: moves of due messages, ended leases, redrive, deletion of
 * dead letters, purge and expiry. The time is measured from the moment at which all of the work is due or requested
 * until the counters of the queue show that it is complete. The same measurement is repeated while another queue is in
 * use.
 */
final class BulkWork {

    private static final int BATCH = 1000;
    private static final int CLIENTS = 4;
    private static final long POLL_NANOS = 20_000_000;
    private static final Duration MAX_WAIT = Duration.ofMinutes(10);
    private static final String QUEUE = "bulk";

    private final Service service;
    private final String database;
    private final int goal;
    private final Report report;
    /** A full cycle on another queue, for about the given time. */
    private final Function<Duration, Measured> other;

    /** @param goal messages per second */
    BulkWork(Service service, String database, int goal, Report report, Function<Duration, Measured> other) {
        this.service = service;
        this.database = database;
        this.goal = goal;
        this.report = report;
        this.other = other;
    }

    /**
     * One kind of work.
     *
     * @param prepare sends the messages needed; when the work is due at a time, returns after that time
     * @param request requests the work; null when it begins by itself
     * @param done    whether no work is left
     */
    private record Kind(String name, Runnable prepare, Supplier<Http.Answer> request, BooleanSupplier done) {}

    /** @param concurrentLoad how long another queue is used during each kind of work; zero = not at all */
    void measure(int messages, Duration concurrentLoad) {
        Http.Answer made = service.http().put("/v1/queues/" + QUEUE,
                "{\"maxDeliveries\": 1, \"visibilityTimeout\": \"1h\"}");
        expect(made);
        boolean alone = concurrentLoad.isZero();
        for (Kind kind : kinds(messages)) {
            double usual = alone ? 0 : other.apply(concurrentLoad).rate();
            kind.prepare().run();
            long begin = System.nanoTime();
            CompletableFuture<Void> request = CompletableFuture.runAsync(() -> {
                if (kind.request() != null) {
                    expect(kind.request().get());
                }
            });
            double during = alone ? 0 : other.apply(concurrentLoad).rate();
            boolean still = !request.isDone() || !kind.done().getAsBoolean();
            request.join();
            until(kind.done());
            double seconds = (System.nanoTime() - begin) / 1e9;
            if (alone) {
                report.add(new Report.Finding(
                        "k",
                        "%s of %,d messages, %s".formatted(kind.name(), messages, database),
                        "%,.0f messages/s".formatted(messages / seconds),
                        "%,d messages/s".formatted(goal)));
            } else {
                usual = (usual + other.apply(concurrentLoad).rate()) / 2;
                report.add(new Report.Finding(
                        "k",
                        "full cycle of another queue beside %s of %,d messages, %s".formatted(
                                kind.name(), messages, database),
                        "%.2f of its usual speed, work %s".formatted(
                                during / usual, still ? "not done by then" : "done before its end"),
                        "0.80"));
            }
        }
    }

    private List<Kind> kinds(int messages) {
        long[] due = new long[1];
        Runnable untilDue = () -> LockSupport.parkNanos((due[0] - System.currentTimeMillis()) * 1_000_000);
        Runnable beginFill = () -> due[0] = System.currentTimeMillis() + Math.max(5_000, messages / 10);
        Supplier<String> untilThen = () -> (due[0] - System.currentTimeMillis()) + "ms";
        Runnable lease = () -> {
            beginFill.run();
            receive(messages, untilThen);
            untilDue.run();
        };
        BooleanSupplier allDead = () -> stat("dead") == messages;
        return List.of(
                new Kind(
                        "moves of due messages",
                        () -> {
                            beginFill.run();
                            fill(messages, () -> ",\"delay\":\"" + untilThen.get() + "\"");
                            untilDue.run();
                        },
                        null,
                        () -> stat("delayed") == 0),
                new Kind("ended leases", lease, null, allDead),
                new Kind(
                        "redrive",
                        () -> {},
                        () -> service.http().post(path("/dead-letters/redrive"), "{\"all\": true}"),
                        () -> stat("dead") == 0 && stat("ready") == messages),
                new Kind(
                        "deletion of dead letters",
                        () -> {
                            lease.run();
                            until(allDead);
                        },
                        () -> service.http().delete(path("/dead-letters")),
                        () -> stat("dead") == 0),
                new Kind(
                        "purge",
                        () -> fill(messages, () -> ""),
                        () -> service.http().delete(path("/messages")),
                        () -> stat("ready") == 0),
                new Kind(
                        "expiry",
                        () -> {
                            beginFill.run();
                            fill(messages, () -> ",\"ttl\":\"" + untilThen.get() + "\"");
                            untilDue.run();
                        },
                        null,
                        () -> stat("ready") == 0));
    }

    private static String path(String rest) {
        return "/v1/queues/" + QUEUE + rest;
    }

    private static void expect(Http.Answer answer) {
        if (answer.status() >= 300) {
            throw new IllegalStateException(answer.text());
        }
    }

    private long stat(String name) {
        return service.http().get(path("")).json().path("stats").path(name).asLong();
    }

    private static void until(BooleanSupplier done) {
        long deadline = System.nanoTime() + MAX_WAIT.toNanos();
        while (!done.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("not done within " + MAX_WAIT);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** @param more further fields of each message; called once per batch */
    private void fill(int messages, Supplier<String> more) {
        each(messages / BATCH, () -> {
            String fields = more.get();
            String batch = IntStream.range(0, BATCH)
                    .mapToObj(n -> "{\"body\":\"" + Conversations.BODY + "\"" + fields + "}")
                    .collect(Collectors.joining(",", "{\"messages\":[", "]}"));
            expect(service.http().post(path("/messages/batch"), batch));
        });
    }

    private void receive(int messages, Supplier<String> visibilityTimeout) {
        AtomicInteger received = new AtomicInteger();
        each(messages / BATCH, () -> {
            Http.Answer answer = service.http().post(
                    path("/receive"),
                    "{\"max\":%d,\"visibilityTimeout\":\"%s\"}".formatted(BATCH, visibilityTimeout.get()));
            expect(answer);
            received.addAndGet(answer.json().path("messages").size());
        });
        if (received.get() != messages) {
            throw new IllegalStateException("received " + received + " of " + messages);
        }
    }

    /** Makes this number of requests through a few concurrent clients. */
    private static void each(int requests, Runnable request) {
        AtomicInteger left = new AtomicInteger(requests);
        try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            List<CompletableFuture<Void>> clients = Stream.generate(() -> CompletableFuture.runAsync(
                            () -> {
                                while (left.getAndDecrement() > 0) {
                                    request.run();
                                }
                            },
                            threads))
                    .limit(CLIENTS)
                    .toList();
            clients.forEach(CompletableFuture::join);
        }
    }
}
