package dev.rowmq.queue.group;

import dev.rowmq.store.group.FairStore.QuietClaim;

/**
 * Where claims look for messages of quiet groups in a queue with a noisy one. One place moves on towards the end, so
 * that a new message is found at once, however many were passed over before it. At the end it also looks once a second
 * at what was sent within the last second or two, as transactions that run at the same time may commit in another
 * order. The other place begins at the head again when messages came back, and now and then for messages of
 * transactions that committed late. It moves on to the first place before it begins again, and pauses for twenty times
 * as long as it read, at most a minute.
 */
final class FairScan {

    static final long SECOND = 1_000_000_000;

    private static final int PAUSE_PER_RUN = 20;
    private static final long MAX_PAUSE_NANOS = 60 * SECOND;
    private static final long NOT_AGAIN = -1;

    /** All messages up to this position were looked at once. */
    private long readTo;
    /** {@link #readTo} one to two seconds ago, and up to a second ago. */
    private long readToBefore;
    private long readToLately;
    /** Whether the end was reached. */
    private boolean atEnd;
    /** When the messages sent lately are looked at again. */
    private long latelyAt = System.nanoTime();
    /** All messages up to this position were looked at again; negative = none are looked at again now. */
    private long readAgainTo = NOT_AGAIN;
    /** Counts the times that looking again began, so that an earlier claim does not move the position. */
    private int rounds;
    /** Time that the reading of messages took that were passed over, or were read again, since that began. */
    private long readNanos;
    /** When messages may be looked at again. */
    private long againAt = System.nanoTime();
    /** Whether messages that were passed over are to be looked at again. */
    private boolean again;

    /**
     * Where a claim begins.
     *
     * @param again position after which it looks at messages again; negative = it does not
     * @param after position after which it looks at messages for the first time
     * @param round to be given back with what it found
     */
    record ScanPlaces(long again, long after, int round) {}

    /** Messages that were passed over are to be looked at again, as soon as the time allows. */
    synchronized void lookAgain() {
        again = true;
    }

    /** @param head no message has this position or a lower one */
    synchronized ScanPlaces begin(long head) {
        long now = System.nanoTime();
        if (readAgainTo < 0 && again && now - againAt >= 0) {
            again = false;
            readAgainTo = 0;
            readNanos = 0;
            rounds++;
        }
        long after = readTo;
        if (atEnd && now - latelyAt >= 0) {
            after = readToBefore;
            readToBefore = readToLately;
            readToLately = readTo;
            latelyAt = now + SECOND;
        }
        return new ScanPlaces(
                readAgainTo < 0 ? NOT_AGAIN : Math.max(head, readAgainTo), Math.max(head, after), rounds);
    }

    /** Records what was found at the place that looks again. */
    synchronized void lookedAgain(ScanPlaces places, QuietClaim claimed, long nanos) {
        if (rounds != places.round() || readAgainTo < 0) {
            return;
        }
        readNanos += nanos;
        readAgainTo = Math.max(readAgainTo, claimed.readTo());
        if (claimed.end() || readAgainTo >= readTo) {
            readTo = Math.max(readTo, readAgainTo);
            readAgainTo = NOT_AGAIN;
            againAt = pauseAfter(readNanos);
            // for messages of transactions that commit late
            again |= claimed.end();
        }
    }

    /** Records what was found at the other place. */
    synchronized void looked(ScanPlaces places, QuietClaim claimed, long nanos) {
        if (rounds != places.round()) {
            return;
        }
        readNanos += claimed.passedOver() ? nanos : 0;
        readTo = Math.max(readTo, claimed.readTo());
        if (claimed.end() && !atEnd) {
            readToBefore = places.after();
            readToLately = readTo;
            latelyAt = System.nanoTime() + SECOND;
        }
        atEnd = claimed.end();
        if (claimed.end() && !again && readAgainTo < 0) {
            again = true;
            againAt = pauseAfter(readNanos);
        }
    }

    /** The time after a pause of twenty times as long, at least a second and at most a minute. */
    static long pauseAfter(long nanos) {
        return System.nanoTime() + Math.clamp(PAUSE_PER_RUN * nanos, SECOND, MAX_PAUSE_NANOS);
    }
}
