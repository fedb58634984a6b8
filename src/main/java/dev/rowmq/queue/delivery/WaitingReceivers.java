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
 * Where receivers wait for messages, one room for each queue. Who waits longest is woken first, and one message wakes
 * one receiver. What arrives through another instance is heard of from that ({@link InstanceNotifier}), and found in
 * any case by a poll: one statement a turn for all queues that have a receiver waiting and whose turn it is, each from
 * 50 ms slowing down to half a second. An H2 file has no other instance, and no poll.
 */
@Component
public class WaitingReceivers {

    private static final Logger log = LoggerFactory.getLogger(WaitingReceivers.class);

    private static final long TURN_MILLIS = 50;
    private static final int SLOWEST_TURNS = 10;
    /** Turns after which messages in flight are looked at: a lease may have ended without a word. */
    private static final int LEASE_TURNS = 20;

    /** A receiver that waits. */
    static final class Ticket {

        private final Thread receiver = Thread.currentThread();
        private volatile boolean called;
        private volatile boolean awaiting;
    }

    private static final class Room {

        final Deque<Ticket> tickets = new ArrayDeque<>();
        /** It is polled each so many turns; changed under the room's lock. */
        int turns = 1;
    }

    private final Map<Integer, Room> rooms = new ConcurrentHashMap<>();
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
        this.poller = notifier.othersPossible() ? Thread.ofVirtual().name("rowmq-poll").start(this::pollInTurns) : null;
    }

    private void arrivedElsewhere(int queueId) {
        if (rooms.containsKey(queueId)) {
            lowWaterMarks.lookFromHead(queueId);
            call(queueId, 1);
        }
    }

    /**
     * Takes a place, before the last look for messages, so that none that comes after the look is missed.
     *
     * @param again true for a receiver that was called and found nothing: it goes to the front
     */
    Ticket enter(int queueId, boolean again) {
        Ticket ticket = new Ticket();
        Room room = rooms.computeIfAbsent(queueId, id -> new Room());
        synchronized (room) {
            if (again) {
                room.tickets.addFirst(ticket);
            } else {
                room.tickets.addLast(ticket);
            }
            if (room.tickets.size() == 1) {
                room.turns = 1;
                LockSupport.unpark(poller);
            }
        }
        return ticket;
    }

    /** Gives the place up. A call that came meanwhile goes to the next in line unless it is used. */
    void leave(int queueId, Ticket ticket, boolean passOn) {
        Room room = rooms.get(queueId);
        synchronized (room) {
            if (room.tickets.remove(ticket)) {
                return;
            }
        }
        if (passOn) {
            call(queueId, 1);
        }
    }

    /**
     * Waits to be called.
     *
     * @param wanted asked whenever the thread is unparked: when it says no, the wait is over
     * @return true when called, false when the time is over, the receiver does not want it any more, or the
     *     service stops
     */
    boolean await(Ticket ticket, Duration time, BooleanSupplier wanted) {
        long end = System.nanoTime() + time.toNanos();
        ticket.awaiting = true;
        while (!ticket.called && !closed) {
            long left = end - System.nanoTime();
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

    /** Wakes the receivers of a queue that was resumed. */
    @EventListener
    void changed(QueueChanged event) {
        if (event.resumed()) {
            arrived(event.queue().id(), Integer.MAX_VALUE, true);
        }
    }

    /** Wakes the receivers of a queue that was deleted, whose next look fails. */
    @EventListener
    void deleted(QueueDeleted event) {
        arrived(event.queue().id(), Integer.MAX_VALUE, true);
    }

    /**
     * Wakes receivers, here and on other instances.
     *
     * @param messages the number of messages that can be received now and could not before, at least 1
     * @param cameBack true when they may stand before messages that were delivered already
     */
    public void arrived(int queueId, int messages, boolean cameBack) {
        if (cameBack) {
            lowWaterMarks.lookFromHead(queueId);
        }
        call(queueId, messages);
        notifier.tell(queueId);
    }

    /** As {@link #arrived}, that long from now. */
    public void arriving(int queueId, int messages, Duration rest) {
        if (rest.isZero()) {
            arrived(queueId, messages, true);
        } else {
            Thread.ofVirtual().start(() -> {
                LockSupport.parkNanos(rest.toNanos());
                arrived(queueId, messages, true);
            });
        }
    }

    /** Calls up to so many receivers. */
    void call(int queueId, int receivers) {
        Room room = rooms.get(queueId);
        if (room == null) {
            return;
        }
        synchronized (room) {
            for (int i = 0; i < receivers && !room.tickets.isEmpty(); i++) {
                Ticket ticket = room.tickets.removeFirst();
                ticket.called = true;
                LockSupport.unpark(ticket.receiver);
            }
            room.turns = 1;
        }
    }

    private void pollInTurns() {
        for (long turn = 0; !closed; turn++) {
            boolean anyoneWaits = false;
            List<Integer> due = new ArrayList<>();
            for (Map.Entry<Integer, Room> entry : rooms.entrySet()) {
                Room room = entry.getValue();
                synchronized (room) {
                    anyoneWaits |= !room.tickets.isEmpty();
                    // receivers that do not await yet are looking themselves
                    if (turn % room.turns == 0 && room.tickets.stream().anyMatch(ticket -> ticket.awaiting)) {
                        due.add(entry.getKey());
                        room.turns = Math.min(SLOWEST_TURNS, room.turns * 2);
                    }
                }
            }
            if (!due.isEmpty()) {
                poll(due, turn % LEASE_TURNS == 0);
            }
            if (anyoneWaits) {
                LockSupport.parkNanos(TURN_MILLIS * 1_000_000);
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

    /** As {@link #call}, without hurry for the next poll: there may be nothing to receive. */
    private void callOne(int queueId) {
        Room room = rooms.get(queueId);
        synchronized (room) {
            if (!room.tickets.isEmpty()) {
                Ticket ticket = room.tickets.removeFirst();
                ticket.called = true;
                LockSupport.unpark(ticket.receiver);
            }
        }
    }

    /** Sends everybody away with nothing, now and for ever. */
    public void close() {
        closed = true;
        LockSupport.unpark(poller);
        for (Room room : rooms.values()) {
            synchronized (room) {
                room.tickets.forEach(ticket -> LockSupport.unpark(ticket.receiver));
            }
        }
    }
}
