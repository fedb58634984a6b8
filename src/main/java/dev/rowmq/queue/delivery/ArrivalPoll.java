package dev.rowmq.queue.delivery;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds messages that arrived without a notification, for the receivers that wait for them: messages sent by SQL, and
 * those of an instance whose notification was lost. Every 200 ms it reads the committed state of the database. After a
 * change, and once a second for leases that have ended, one statement per partition reads the counts of all queues with
 * a waiting receiver. Between changes only two kinds of queues are read again: those in which messages were found, and
 * those whose first receiver has just begun to wait.
 */
final class ArrivalPoll implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ArrivalPoll.class);

    private static final long TICK_NANOS = 200_000_000;
    /** Time after which a poll includes messages in flight: a lease may have ended without a notification. */
    private static final long LEASES_NANOS = 1_000_000_000;

    private final ReadyQueues readyQueues;
    private final WaitingReceivers receivers;
    /** Queues whose first receiver has come, to be read at the next tick. */
    private final Set<Integer> entered = ConcurrentHashMap.newKeySet();
    /** Queues in which messages were found, or whose receiver was claiming; used by the thread of the poll only. */
    private final Set<Integer> unsettled = new HashSet<>();
    private final Thread thread;
    private long leasesReadAt = System.nanoTime();
    /** Whether the last poll failed. */
    private boolean failed;

    /** Whether the thread waits, or is about to wait, for the first receiver and not for its next tick. */
    private volatile boolean resting;

    private volatile boolean closed;

    ArrivalPoll(ReadyQueues readyQueues, WaitingReceivers receivers) {
        this.readyQueues = readyQueues;
        this.receivers = receivers;
        this.thread = Thread.ofVirtual().name("rowmq-poll").start(this::run);
    }

    /** The first receiver of this queue has come; it is in the list already. */
    void entered(int queueId) {
        entered.add(queueId);
        if (resting) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        while (!closed) {
            try {
                if (!anyoneWaits()) {
                    LockSupport.park(this);
                    resting = false;
                    continue;
                }
                tick();
            } catch (RuntimeException | Error failure) {
                failed = true;
                log.debug("queues with waiting receivers were not polled", failure);
            }
            LockSupport.parkNanos(this, TICK_NANOS);
        }
    }

    /** A receiver that comes after the lists were read finds {@code resting} set, and wakes the thread. */
    private boolean anyoneWaits() {
        resting = true;
        if (!receivers.anyWaits()) {
            return false;
        }
        resting = false;
        return true;
    }

    private void tick() {
        boolean changed = readyQueues.changed();
        boolean leases = System.nanoTime() - leasesReadAt >= LEASES_NANOS;
        if (changed || leases || failed) {
            leasesReadAt = leases ? System.nanoTime() : leasesReadAt;
            poll(Set.copyOf(receivers.queues()), leases);
            failed = false;
        } else {
            Set<Integer> some = new HashSet<>(unsettled);
            some.addAll(entered);
            poll(some, false);
        }
    }

    private void poll(Set<Integer> queueIds, boolean leases) {
        entered.removeAll(queueIds);
        unsettled.removeAll(queueIds);
        Set<Integer> claiming = new HashSet<>(queueIds);
        List<Integer> awaited = queueIds.stream().filter(receivers::awaited).sorted().toList();
        awaited.forEach(claiming::remove);
        claiming.stream().filter(receivers::waits).forEach(unsettled::add);
        if (awaited.isEmpty()) {
            return;
        }
        Set<Integer> found = readyQueues.withMessages(awaited, leases);
        unsettled.addAll(found);
        found.forEach(receivers::found);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
