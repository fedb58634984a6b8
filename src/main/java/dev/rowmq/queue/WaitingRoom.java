package dev.rowmq.queue;

import dev.rowmq.message.Arrivals;
import dev.rowmq.store.Notices;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import org.springframework.stereotype.Component;

/**
 * Where receivers wait for messages, one room for each queue. Who waits longest is woken first, and one message wakes one
 * receiver. What arrives through another instance is heard of from that ({@link Notices}), and found in any case by one poll
 * per queue that has somebody waiting, from 50 ms slowing down to half a second, with jitter.
 */
@Component
class WaitingRoom implements Arrivals {

    private static final long FASTEST_POLL_MILLIS = 50;
    private static final long SLOWEST_POLL_MILLIS = 500;

    /** A receiver that waits. */
    static final class Ticket {

        private final Thread receiver = Thread.currentThread();
        private volatile boolean called;
        private volatile boolean awaiting;
    }

    private static final class Room {

        final Deque<Ticket> tickets = new ArrayDeque<>();
        boolean polled;
        volatile long pollMillis = FASTEST_POLL_MILLIS;
    }

    private final Map<Integer, Room> rooms = new ConcurrentHashMap<>();
    private final LowWater lowWater;
    private final Notices notices;
    private volatile boolean closed;

    WaitingRoom(LowWater lowWater, Notices notices) {
        this.lowWater = lowWater;
        this.notices = notices;
        notices.listen(this::arrivedElsewhere);
    }

    private void arrivedElsewhere(int queueId) {
        if (rooms.containsKey(queueId)) {
            lowWater.lookFromHead(queueId);
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
            if (!room.polled) {
                room.polled = true;
                Thread.ofVirtual().name("rowmq-poll-" + queueId).start(() -> poll(queueId, room));
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
     * @return true when called, false when the time is over, nobody wants it any more, or the service stops
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

    boolean closed() {
        return closed;
    }

    @Override
    public void arrived(int queueId, int messages, boolean cameBack) {
        if (cameBack) {
            lowWater.lookFromHead(queueId);
        }
        call(queueId, messages);
        notices.tell(queueId);
    }

    /** As {@link #arrived}, that long from now. */
    void arriving(int queueId, int messages, Duration rest) {
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
            room.pollMillis = FASTEST_POLL_MILLIS;
        }
    }

    private void poll(int queueId, Room room) {
        while (!closed) {
            long pause = room.pollMillis;
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(pause * 500_000, pause * 1_500_000));
            synchronized (room) {
                if (room.tickets.isEmpty()) {
                    room.polled = false;
                    return;
                }
                // the others are looking themselves
                if (room.tickets.stream().anyMatch(ticket -> ticket.awaiting)) {
                    lowWater.lookFromHead(queueId);
                    call(queueId, 1);
                }
                room.pollMillis = Math.min(SLOWEST_POLL_MILLIS, pause * 2);
            }
        }
    }

    /** Sends everybody away with nothing, now and for ever. */
    void close() {
        closed = true;
        for (Room room : rooms.values()) {
            synchronized (room) {
                room.tickets.forEach(ticket -> LockSupport.unpark(ticket.receiver));
            }
        }
    }
}
