package dev.rowmq.bench;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.queue.QueueService;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.Lease;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.Settlement;
import dev.rowmq.support.LoadClient.Measured;
import dev.rowmq.support.RunningService;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

import org.HdrHistogram.Histogram;

/** The database floor: the statements of the store in full groups, without HTTP, JSON and waiting callers. */
final class DatabaseFloor implements AutoCloseable {

    private static final int GROUP = 500;
    private static final int MAX_OUTSTANDING = 20_000;

    private final RunningService service;
    private final MessageStore store;
    private final int queueId;
    private final MessageRow row;

    DatabaseFloor(String databaseUrl) {
        service = new RunningService(databaseUrl);
        store = service.bean(MessageStore.class);
        queueId = service.bean(QueueService.class).put("floor", before -> QueueSettings.DEFAULT).value().id();
        row = new MessageRow(
                queueId,
                0,
                Optional.empty(),
                null,
                new Body(Body.Kind.TEXT, Conversations.BODY.getBytes(StandardCharsets.US_ASCII)),
                Map.of(),
                Duration.ZERO,
                Optional.empty(),
                Duration.ofDays(4),
                false,
                0,
                Optional.empty(),
                Optional.empty());
    }

    /** One writer sends in groups as large as 32 connections can form them. */
    Measured send(Duration time) {
        List<MessageRow> group = Collections.nCopies(Benchmark.CONNECTIONS, row);
        long end = System.nanoTime() + time.toNanos();
        long done = 0;
        while (System.nanoTime() < end) {
            done += store.send(group).size();
        }
        return measured(done, time);
    }

    /** One thread sends, one claims, one acks, as in the service, in groups of 500. */
    Measured cycle(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        AtomicLong outstanding = new AtomicLong();
        LongAdder done = new LongAdder();
        BlockingQueue<List<Lease>> leased = new ArrayBlockingQueue<>(MAX_OUTSTANDING / GROUP);
        List<Thread> threads = List.of(
                thread(end, () -> {
                    if (outstanding.get() < MAX_OUTSTANDING) {
                        outstanding.addAndGet(
                                store.send(Collections.nCopies(GROUP, row)).size());
                    } else {
                        Thread.sleep(1);
                    }
                }),
                thread(end, claiming(leased)),
                thread(end, () -> {
                    List<Lease> leases = leased.poll(10, TimeUnit.MILLISECONDS);
                    if (leases != null) {
                        store.settle(leases.stream()
                                .map(lease -> (Settlement)
                                        new Settlement.Ack(lease.key(), lease.token(), Duration.ofDays(30)))
                                .toList());
                        outstanding.addAndGet(-leases.size());
                        done.add(leases.size());
                    }
                }));
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        return measured(done.sum(), time);
    }

    private Step claiming(BlockingQueue<List<Lease>> leased) {
        Map<Integer, Long> behind = new HashMap<>();
        return () -> {
            List<Lease> leases = store.claim(List.of(new ClaimRequest(
                            queueId, QueueSettings.DEFAULT, 1, Duration.ofMinutes(1), GROUP, Map.copyOf(behind))))
                    .getFirst()
                    .leases();
            if (leases.isEmpty()) {
                Thread.sleep(1);
            } else {
                behind.put(0, leases.getLast().key().position());
                leased.offer(leases, 1, TimeUnit.SECONDS);
            }
        };
    }

    private interface Step {
        void run() throws InterruptedException;
    }

    private static Thread thread(long end, Step step) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                while (System.nanoTime() < end) {
                    step.run();
                }
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static Measured measured(long done, Duration time) {
        return new Measured(done, 0, time.toNanos() / 1e9, new Histogram(120_000_000L, 3), 0);
    }

    @Override
    public void close() {
        service.close();
    }
}
