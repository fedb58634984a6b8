package dev.rowmq.queue.delivery;

import dev.rowmq.queue.catalog.QueueChanged;
import dev.rowmq.queue.catalog.QueueDeleted;
import dev.rowmq.queue.durable.LowWaterMarks;
import dev.rowmq.store.cluster.InstanceNotifier;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * The waiting receivers, in one list for each queue. The receiver that has waited longest is woken first, and one
 * message wakes one receiver. Messages that arrive through another instance are reported by {@link InstanceNotifier},
 * and found in any case by {@link ArrivalPoll}. An H2 file has no other instance, and no poll.
 */
@Component
public class WaitingReceivers {

    /** A waiting receiver. */
    static final class Waiter {

        private final Thread receiver = Thread.currentThread();
        private volatile boolean called;
        private volatile boolean awaiting;
    }

    private final Map<Integer, Deque<Waiter>> waitingLists = new ConcurrentHashMap<>();
    private final LowWaterMarks lowWaterMarks;
    private final InstanceNotifier notifier;
    /** Null when no other instance and no other program can send. */
    private final ArrivalPoll poll;
    private volatile boolean closed;

    WaitingReceivers(LowWaterMarks lowWaterMarks, InstanceNotifier notifier, ReadyQueues readyQueues) {
        this.lowWaterMarks = lowWaterMarks;
        this.notifier = notifier;
        notifier.listen(this::arrivedElsewhere);
        this.poll = notifier.othersPossible() ? new ArrivalPoll(readyQueues, this) : null;
    }

    private void arrivedElsewhere(int queueId) {
        if (waitingLists.containsKey(queueId)) {
            found(queueId);
        }
    }

    /**
     * Adds the receiver to the list. It must be called before the last claim, so that no message that arrives after the
     * claim is missed.
     *
     * @param again true for a receiver that was called and found nothing: it goes to the front
     */
    Waiter enter(int queueId, boolean again) {
        Waiter ticket = new Waiter();
        Deque<Waiter> list = waitingLists.computeIfAbsent(queueId, id -> new ArrayDeque<>());
        boolean first;
        synchronized (list) {
            if (again) {
                list.addFirst(ticket);
            } else {
                list.addLast(ticket);
            }
            first = list.size() == 1;
        }
        if (first && poll != null) {
            poll.entered(queueId);
        }
        return ticket;
    }

    /**
     * Removes the receiver from the list. With {@code passOn}, a call that it got meanwhile goes to the next receiver.
     */
    void leave(int queueId, Waiter ticket, boolean passOn) {
        Deque<Waiter> list = waitingLists.get(queueId);
        synchronized (list) {
            if (list.remove(ticket)) {
                return;
            }
        }
        if (passOn) {
            call(queueId, 1);
        }
    }

    /**
     * Waits for a call.
     *
     * @param wanted checked whenever the thread is unparked; false ends the wait
     * @return true after a call; false when the time is over, {@code wanted} returned false, the thread was
     *     interrupted, or the service stops
     */
    boolean await(Waiter ticket, Duration time, BooleanSupplier wanted) {
        long deadline = System.nanoTime() + time.toNanos();
        ticket.awaiting = true;
        while (!ticket.called && !closed) {
            long left = deadline - System.nanoTime();
            if (left <= 0 || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(this, left);
            if (!ticket.called && !wanted.getAsBoolean()) {
                return false;
            }
        }
        return ticket.called && !closed;
    }

    public boolean closed() {
        return closed;
    }

    /** Wakes the receivers of a resumed queue. */
    @EventListener
    void changed(QueueChanged event) {
        if (event.resumed()) {
            arrived(event.queue().id(), Integer.MAX_VALUE, true);
        }
    }

    /** Wakes the receivers of a deleted queue; their next claim fails. */
    @EventListener
    void deleted(QueueDeleted event) {
        arrived(event.queue().id(), Integer.MAX_VALUE, true);
    }

    /**
     * Wakes receivers on this instance and others.
     *
     * @param messages number of messages that have become available, at least 1
     * @param cameBack whether their positions may be before those of messages that were already delivered
     */
    public void arrived(int queueId, int messages, boolean cameBack) {
        if (cameBack) {
            lowWaterMarks.lookFromHead(queueId);
        }
        call(queueId, messages);
        notifier.notifyOthers(queueId);
    }

    /** As {@link #arrived}, after a delay. */
    public void arriving(int queueId, int messages, Duration pause) {
        if (pause.isZero()) {
            arrived(queueId, messages, true);
        } else {
            Thread.ofVirtual().start(() -> {
                LockSupport.parkNanos(pause.toNanos());
                arrived(queueId, messages, true);
            });
        }
    }

    /** Calls at most this many receivers on this instance. */
    void call(int queueId, int receivers) {
        Deque<Waiter> list = waitingLists.get(queueId);
        if (list == null) {
            return;
        }
        synchronized (list) {
            for (int i = 0; i < receivers && !list.isEmpty(); i++) {
                Waiter ticket = list.removeFirst();
                ticket.called = true;
                LockSupport.unpark(ticket.receiver);
            }
        }
    }

    /** Whether any queue has a receiver in its list. */
    boolean anyWaits() {
        return waitingLists.keySet().stream().anyMatch(this::waits);
    }

    /** The queues that have a receiver in their list. */
    List<Integer> queues() {
        return waitingLists.keySet().stream().filter(this::waits).toList();
    }

    /** Whether the queue has a receiver in its list. */
    boolean waits(int queueId) {
        Deque<Waiter> list = waitingLists.get(queueId);
        synchronized (list) {
            return !list.isEmpty();
        }
    }

    /** Whether a receiver of the queue waits after its claim has found nothing. */
    boolean awaited(int queueId) {
        Deque<Waiter> list = waitingLists.get(queueId);
        synchronized (list) {
            return list.stream().anyMatch(ticket -> ticket.awaiting);
        }
    }

    /** Calls one receiver of a queue that has messages from elsewhere. */
    void found(int queueId) {
        lowWaterMarks.lookFromHead(queueId);
        call(queueId, 1);
    }

    /** Ends all present and later waits, without a message. */
    public void close() {
        closed = true;
        if (poll != null) {
            poll.close();
        }
        for (Deque<Waiter> list : waitingLists.values()) {
            synchronized (list) {
                list.forEach(ticket -> LockSupport.unpark(ticket.receiver));
            }
        }
    }
}
