package dev.rowmq.queue.delivery;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds messages for waiting receivers that no notification has reported: those sent by SQL, and those of an instance
 * whose notification was lost. Every 200 ms it looks whether anything was committed in the database. Only then, and
 * once a second for leases that have ended, one statement per partition reads the counts of all queues with a waiting
 * receiver. A queue whose first receiver has just come is read within 50 ms, with others of its kind.
 *
 * <p>A queue that was found empty stays so until something is committed: a receiver that comes meanwhile waits without
 * a claim of its own. What is committed by others is noticed at the next look.
 */
final class ArrivalPoll implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ArrivalPoll.class);

    private static final long TICK_NANOS = 50_000_000;
    private static final int TICKS_TO_LOOK = 4;
    /** Ticks after which a poll includes messages in flight: a lease may have ended without a notification. */
    private static final int TICKS_TO_LEASES = 20;
    /** Ticks after which receivers claim again also in queues that were found empty. */
    private static final int TICKS_TO_CLAIMS = 1200;

    private final ReadyQueues readyQueues;
    private final WaitingReceivers receivers;
    /** Queues whose first receiver has come since the last tick. */
    private final Set<Integer> entered = ConcurrentHashMap.newKeySet();
    /**
     * Queues without messages ready or in flight, in the present state of the database, each with the number of
     * arrivals before that was read.
     */
    private final Map<Integer, Long> empty = new ConcurrentHashMap<>();
    /** The number of arrivals on this instance, in any queue. */
    private final AtomicLong arrivals = new AtomicLong();

    private final Thread thread;
    /** Whether the last poll found messages, or failed: they may not have been received yet. */
    private boolean unsettled;

    /** Whether the thread waits for the first receiver, and not for its next tick. */
    private volatile boolean resting;

    private volatile boolean closed;

    ArrivalPoll(ReadyQueues readyQueues, WaitingReceivers receivers) {
        this.readyQueues = readyQueues;
        this.receivers = receivers;
        this.thread = Thread.ofVirtual().name("rowmq-poll").start(this::run);
    }

    /** The first receiver of this queue has come. */
    void entered(int queueId) {
        entered.add(queueId);
        if (resting) {
            LockSupport.unpark(thread);
        }
    }

    /** Whether a claim would find nothing; false when that is not known. */
    boolean knownEmpty(int queueId) {
        Long arrivalsBefore = empty.get(queueId);
        return arrivalsBefore != null && arrivalsBefore == arrivals.get();
    }

    /** Messages have arrived on this instance; they are committed. */
    void arrived() {
        arrivals.incrementAndGet();
    }

    private void run() {
        for (long tick = 0; !closed; tick++) {
            boolean idle = false;
            try {
                if (tick % TICKS_TO_CLAIMS == 0) {
                    empty.clear();
                }
                idle = tick % TICKS_TO_LOOK == 0 ? look(tick % TICKS_TO_LEASES == 0) : pollEntered();
            } catch (RuntimeException databaseAway) {
                unsettled = true;
                empty.clear();
                log.debug("queues with waiting receivers were not polled", databaseAway);
            }
            resting = idle;
            if (resting && entered.isEmpty()) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, TICK_NANOS);
            }
        }
    }

    /** Returns true when no receiver waits. */
    private boolean look(boolean leases) {
        List<Integer> waiting = receivers.queues();
        entered.retainAll(waiting);
        if (waiting.isEmpty()) {
            empty.clear();
            return true;
        }
        boolean changed = readyQueues.changed();
        if (changed) {
            empty.clear();
        }
        if (!changed && !unsettled && !leases) {
            return pollEntered();
        }
        unsettled = poll(waiting, leases);
        return false;
    }

    private boolean pollEntered() {
        unsettled |= poll(Set.copyOf(entered), false);
        return false;
    }

    /** Returns whether messages were found. */
    private boolean poll(Collection<Integer> queueIds, boolean leases) {
        // a receiver that does not wait yet is still claiming
        List<Integer> awaited = queueIds.stream().filter(receivers::awaited).toList();
        if (awaited.isEmpty()) {
            return false;
        }
        awaited.forEach(entered::remove);
        long arrivalsBefore = arrivals.get();
        Map<Integer, Boolean> found = readyQueues.withMessages(awaited);
        awaited.stream()
                .filter(queueId -> !found.containsKey(queueId))
                .forEach(queueId -> empty.put(queueId, arrivalsBefore));
        List<Integer> due = awaited.stream()
                .filter(found::containsKey)
                .filter(queueId -> leases || found.get(queueId))
                .toList();
        due.forEach(receivers::found);
        return !due.isEmpty();
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
