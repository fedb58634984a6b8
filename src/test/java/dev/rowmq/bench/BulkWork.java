package dev.rowmq.bench;

import dev.rowmq.support.Http;
import dev.rowmq.support.LoadClient.Measured;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Everything that is not the hot path, with many messages at once: moves of due messages, ended leases, redrive,
 * deletion of dead letters, purge and expiry. Measured from the moment at which all of it is due or was asked for until
 * the figures of the queue show that it is done. The same is done once more while another queue is in use.
 */
final class BulkWork {

    private static final int BATCH = 1000;
    private static final int CLIENTS = 4;
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final String QUEUE = "bulk";

    private final Service service;
    private final String database;
    private final int goal;
    private final Report report;
    /** A full cycle on another queue, for about that long. */
    private final Function<Duration, Measured> other;

    /** @param goal messages a second */
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
     * @param begin asks for it, or waits until all of it is due; returns the {@link System#nanoTime} of that moment
     * @param done  whether nothing of it is left
     */
    private record Kind(String name, Runnable prepare, LongSupplier begin, BooleanSupplier done) {}

    /** @param beside how long another queue is used beside each kind of work; zero = not at all */
    void measure(int messages, Duration beside) {
        Http.Answer made = service.http().put("/v1/queues/" + QUEUE,
                "{\"maxDeliveries\": 1, \"visibilityTimeout\": \"1h\"}");
        if (made.status() >= 300) {
            throw new IllegalStateException(made.text());
        }
        for (Kind kind : kinds(messages)) {
            kind.prepare().run();
            double usual = beside.isZero() ? 0 : other.apply(beside).rate();
            CompletableFuture<Long> begin = CompletableFuture.supplyAsync(kind.begin()::getAsLong);
            double during = beside.isZero() ? 0 : other.apply(beside).rate();
            boolean still = !begin.isDone() || !kind.done().getAsBoolean();
            begin.join();
            until(kind.done());
            double seconds = (System.nanoTime() - begin.join()) / 1e9;
            if (beside.isZero()) {
                report.add(new Report.Finding(
                        "k",
                        "%s of %,d messages, %s".formatted(kind.name(), messages, database),
                        "%,.0f messages/s".formatted(messages / seconds),
                        "%,d messages/s".formatted(goal)));
            } else {
                usual = (usual + other.apply(beside).rate()) / 2;
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
        LongSupplier untilDue = () -> {
            LockSupport.parkNanos((due[0] - System.currentTimeMillis()) * 1_000_000);
            return System.nanoTime();
        };
        // as long as a fill takes, and some more
        long[] fill = {Math.max(5_000, messages / 10)};
        Runnable lease = () -> {
            due[0] = System.currentTimeMillis() + fill[0];
            receive(messages, due[0]);
        };
        Runnable lapse = () -> {
            lease.run();
            untilDue.getAsLong();
            until(() -> stat("dead") == messages);
        };
        Runnable send = () -> fill(messages, () -> "");
        return List.of(
                new Kind("moves of due messages", () -> {
                    due[0] = System.currentTimeMillis() + fill[0];
                    fill(messages, () -> ",\"delay\":\"" + (due[0] - System.currentTimeMillis()) + "ms\"");
                }, untilDue, () -> stat("delayed") == 0),
                new Kind("ended leases", lease, untilDue, () -> stat("dead") == messages),
                new Kind("redrive", () -> {}, asked(
                        () -> service.http().post(path("/dead-letters/redrive"), "{\"all\": true}")),
                        () -> stat("dead") == 0 && stat("ready") == messages),
                new Kind("deletion of dead letters", lapse, asked(() -> service.http().delete(path("/dead-letters"))),
                        () -> stat("dead") == 0),
                new Kind("purge", send, asked(() -> service.http().delete(path("/messages"))),
                        () -> stat("ready") == 0),
                new Kind("expiry", () -> {
                    due[0] = System.currentTimeMillis() + fill[0];
                    fill(messages, () -> ",\"ttl\":\"" + (due[0] - System.currentTimeMillis()) + "ms\"");
                }, untilDue, () -> stat("ready") == 0));
    }

    private static LongSupplier asked(Supplier<Http.Answer> request) {
        return () -> {
            long begin = System.nanoTime();
            expect(request.get());
            return begin;
        };
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
        long deadline = System.nanoTime() + LONGEST.toNanos();
        while (!done.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("not done within " + LONGEST);
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** @param more further fields of each message, asked for with each batch */
    private void fill(int messages, Supplier<String> more) {
        each(messages / BATCH, () -> {
            String fields = more.get();
            String batch = IntStream.range(0, BATCH)
                    .mapToObj(n -> "{\"body\":\"" + Conversations.BODY + "\"" + fields + "}")
                    .collect(Collectors.joining(",", "{\"messages\":[", "]}"));
            expect(service.http().post(path("/messages/batch"), batch));
        });
    }

    private void receive(int messages, long leaseEnds) {
        each(messages / BATCH, () -> expect(service.http().post(
                path("/receive"),
                "{\"max\":%d,\"visibilityTimeout\":\"%dms\"}".formatted(BATCH, leaseEnds - System.currentTimeMillis()))));
    }

    private static void each(int requests, Runnable request) {
        AtomicInteger left = new AtomicInteger(requests);
        List<Thread> clients = new ArrayList<>();
        for (int n = 0; n < CLIENTS; n++) {
            clients.add(Thread.ofPlatform().start(() -> {
                while (left.getAndDecrement() > 0) {
                    request.run();
                }
            }));
        }
        for (Thread client : clients) {
            try {
                client.join();
            } catch (InterruptedException stop) {
                throw new IllegalStateException(stop);
            }
        }
    }
}
