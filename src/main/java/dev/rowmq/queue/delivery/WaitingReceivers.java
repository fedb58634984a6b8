package dev.rowmq.queue.delivery;

import dev.rowmq.queue.catalog.QueueChanged;
import dev.rowmq.queue.catalog.QueueDeleted;
import dev.rowmq.queue.durable.LowWaterMarks;
import dev.rowmq.store.cluster.InstanceNotifier;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * The waiting receivers, in one list for each queue. The receiver that has waited longest is woken first, and one
 * message wakes one receiver. Messages that arrive through another instance are reported by {@link InstanceNotifier},
 * and found in any case by a poll: at most every 50 ms one statement per partition reads all queues that have a waiting
 * receiver and are due. A queue is due every 50 ms at first, then less often, down to every 200 ms, as messages may be
 * sent by SQL. An H2 file has
 * no other instance, and no poll.
 */
@Component
public class WaitingReceivers {

    private static final Logger log = LoggerFactory.getLogger(WaitingReceivers.class);

    private static final long INTERVAL_MILLIS = 50;
    private static final int MAX_INTERVALS = 4;
    /** Intervals after which a poll includes messages in flight: a lease may have ended without a notification. */
    private static final int LEASE_INTERVALS = 20;

    /** A waiting receiver. */
    static final class Waiter {

        private final Thread receiver = Thread.currentThread();
        private volatile boolean called;
        private volatile boolean awaiting;
    }

    private static final class WaitingList {

        final Deque<Waiter> tickets = new ArrayDeque<>();
        /** Number of intervals from one poll of the queue to the next; guarded by the list's lock. */
        int intervals = 1;
    }

    private final Map<Integer, WaitingList> waitingLists = new ConcurrentHashMap<>();
    private final LowWaterMarks lowWaterMarks;
    private final InstanceNotifier notifier;
    private final ReadyQueues readyQueues;
    private final Thread poller;
    private volatile boolean closed;

    WaitingReceivers(LowWaterMarks lowWaterMarks, InstanceNotifier notifier, ReadyQueues readyQueues) {
        this.lowWaterMarks = lowWaterMarks;
        this.notifier = notifier;
        this.readyQueues = readyQueues;
        notifier.listen(this::arrivedElsewhere);
        this.poller = notifier.othersPossible() ? Thread.ofVirtual().name("rowmq-poll").start(this::pollLoop) : null;
    }

    private void arrivedElsewhere(int queueId) {
        if (waitingLists.containsKey(queueId)) {
            lowWaterMarks.lookFromHead(queueId);
            call(queueId, 1);
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
        WaitingList list = waitingLists.computeIfAbsent(queueId, id -> new WaitingList());
        synchronized (list) {
            if (again) {
                list.tickets.addFirst(ticket);
            } else {
                list.tickets.addLast(ticket);
            }
            if (list.tickets.size() == 1) {
                list.intervals = 1;
                LockSupport.unpark(poller);
            }
        }
        return ticket;
    }

    /**
     * Removes the receiver from the list. With {@code passOn}, a call that it got meanwhile goes to the next receiver.
     */
    void leave(int queueId, Waiter ticket, boolean passOn) {
        WaitingList list = waitingLists.get(queueId);
        synchronized (list) {
            if (list.tickets.remove(ticket)) {
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
        WaitingList list = waitingLists.get(queueId);
        if (list == null) {
            return;
        }
        synchronized (list) {
            for (int i = 0; i < receivers && !list.tickets.isEmpty(); i++) {
                Waiter ticket = list.tickets.removeFirst();
                ticket.called = true;
                LockSupport.unpark(ticket.receiver);
            }
            list.intervals = 1;
        }
    }

    private void pollLoop() {
        for (long interval = 0; !closed; interval++) {
            boolean anyWaiting = false;
            List<Integer> due = new ArrayList<>();
            for (Map.Entry<Integer, WaitingList> entry : waitingLists.entrySet()) {
                WaitingList list = entry.getValue();
                synchronized (list) {
                    anyWaiting |= !list.tickets.isEmpty();
                    // a receiver that does not wait yet is still claiming
                    if (interval % list.intervals == 0 && list.tickets.stream().anyMatch(ticket -> ticket.awaiting)) {
                        due.add(entry.getKey());
                        list.intervals = Math.min(MAX_INTERVALS, list.intervals * 2);
                    }
                }
            }
            if (!due.isEmpty()) {
                poll(due, interval % LEASE_INTERVALS == 0);
            }
            if (anyWaiting) {
                LockSupport.parkNanos(INTERVAL_MILLIS * 1_000_000);
            } else {
                LockSupport.park(this);
            }
        }
    }

    private void poll(List<Integer> due, boolean leases) {
        try {
            readyQueues.withMessages(due, leases).forEach(queueId -> {
                lowWaterMarks.lookFromHead(queueId);
                callOne(queueId);
            });
        } catch (RuntimeException databaseAway) {
            log.debug("queues with waiting receivers were not polled", databaseAway);
        }
    }

    /** As {@link #call}, but keeps the poll interval: there may be nothing to receive. */
    private void callOne(int queueId) {
        WaitingList list = waitingLists.get(queueId);
        synchronized (list) {
            if (!list.tickets.isEmpty()) {
                Waiter ticket = list.tickets.removeFirst();
                ticket.called = true;
                LockSupport.unpark(ticket.receiver);
            }
        }
    }

    /** Ends all present and later waits, without a message. */
    public void close() {
        closed = true;
        LockSupport.unpark(poller);
        for (WaitingList list : waitingLists.values()) {
            synchronized (list) {
                list.tickets.forEach(ticket -> LockSupport.unpark(ticket.receiver));
            }
        }
    }
}
