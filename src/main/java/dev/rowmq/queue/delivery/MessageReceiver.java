package dev.rowmq.queue.delivery;

import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.storage.QueueStorage.Claimed;
import dev.rowmq.queue.storage.StorageSelector;
import dev.rowmq.store.Lease;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

import org.springframework.stereotype.Component;

/** Receives messages. Concurrent receivers of a queue share one claim; receivers that find no message wait. */
@Component
public class MessageReceiver {

    static final int MAX_MESSAGES = 1000;
    static final Duration MAX_WAIT = Duration.ofSeconds(60);

    private final QueueDirectory queues;
    private final WaitingReceivers waitingReceivers;
    private final ReceiptCodec receipts;
    private final StorageSelector storages;
    private final RecentReceivers recent;

    MessageReceiver(
            QueueDirectory queues,
            WaitingReceivers waitingReceivers,
            ReceiptCodec receipts,
            StorageSelector storages,
            RecentReceivers recent) {
        this.recent = recent;
        this.queues = queues;
        this.waitingReceivers = waitingReceivers;
        this.receipts = receipts;
        this.storages = storages;
    }

    /**
     * Leases at most {@code max} messages; empty when none arrived within {@code wait}.
     *
     * @param queueId if present, a queue with another id is refused
     * @param wanted  once it returns false, no further claim is made
     */
    public List<Delivery> receive(
            String queueName,
            OptionalInt queueId,
            BooleanSupplier wanted,
            int max,
            Duration wait,
            Optional<Duration> visibilityTimeout) {
        check(max, wait, visibilityTimeout);
        long deadline = System.nanoTime() + wait.toNanos();
        Queue queue = queue(queueName, queueId);
        int id = queue.id();
        if (queueId.isEmpty()) {
            recent.asked(queue);
        }
        // with a wait, the first claim is made in the loop, after the receiver has entered the waiting list
        Claimed leases =
                wait.isZero() && wanted.getAsBoolean() ? lease(queue, max, visibilityTimeout) : Claimed.NOTHING;
        boolean called = false;
        while (leases.leases().isEmpty()
                && (called || System.nanoTime() < deadline)
                && !waitingReceivers.closed()
                && wanted.getAsBoolean()
                && !Thread.currentThread().isInterrupted()) {
            WaitingReceivers.Waiter ticket = waitingReceivers.enter(id, called || !leases.again().isZero());
            called = false;
            try {
                queue = queue(queueName, queueId);
                leases = lease(queue, max, visibilityTimeout);
                called = leases.leases().isEmpty() && waitingReceivers.await(ticket, pause(leases, deadline), wanted);
            } finally {
                waitingReceivers.leave(id, ticket, !called);
            }
        }
        if (queueId.isEmpty()) {
            recent.got(queue, leases.leases().size());
        }
        if (!leases.leases().isEmpty() && timeout(queue, visibilityTimeout).isZero()) {
            // these messages are ready again already
            waitingReceivers.arrived(id, leases.leases().size(), true);
        } else if (leases.more() || called) {
            // there may be more messages directly after these, and an unused call belongs to another receiver
            waitingReceivers.call(id, 1);
        }
        return leases.leases().stream().map(this::delivery).toList();
    }

    private static Duration timeout(Queue queue, Optional<Duration> visibilityTimeout) {
        return visibilityTimeout.orElse(queue.settings().visibilityTimeout());
    }

    /** How long to wait for a call before the next claim. */
    private static Duration pause(Claimed last, long deadline) {
        Duration left = Duration.ofNanos(deadline - System.nanoTime());
        return last.again().isZero() || last.again().compareTo(left) > 0 ? left : last.again();
    }

    private static void check(int max, Duration wait, Optional<Duration> visibilityTimeout) {
        RangeCheck.within("max", max, 1, MAX_MESSAGES);
        RangeCheck.within("wait", wait, Duration.ZERO, MAX_WAIT);
        visibilityTimeout.ifPresent(
                timeout -> RangeCheck.within("visibilityTimeout", timeout, Duration.ZERO, QueueSettings.MAX_LEASE));
    }

    /** @throws QueueException QUEUE_NOT_FOUND also for a queue that has another number than {@code queueId} */
    private Queue queue(String queueName, OptionalInt queueId) {
        Queue queue = queues.get(queueName);
        if (queueId.orElse(queue.id()) != queue.id()) {
            throw QueueAdmin.notFound(queueName);
        }
        return queue;
    }

    private Claimed lease(Queue queue, int max, Optional<Duration> visibilityTimeout) {
        if (queue.paused()) {
            return Claimed.NOTHING;
        }
        return storages.of(queue).claim(queue, timeout(queue, visibilityTimeout), max);
    }

    private Delivery delivery(Lease lease) {
        return new Delivery(
                lease.id().orElseGet(() -> GeneratedId.of(lease.key())),
                lease.key().position(),
                receipts.write(new ReceiptCodec.Receipt(lease.key(), lease.token(), lease.deliveries())),
                lease.body(),
                lease.metadata(),
                lease.key().priority(),
                lease.deliveries(),
                lease.token(),
                lease.enqueuedAt(),
                lease.firstReceivedAt(),
                lease.leaseUntil());
    }
}
