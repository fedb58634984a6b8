package dev.rowmq.queue.group;

import dev.rowmq.store.group.FairStore.QuietClaim;

/**
 * Where claims look for messages of quiet groups in a queue with a noisy one. One place moves on towards the end, so
 * that a new message is found at once, however many were passed over before it. The other begins at the head again when
 * messages came back, and now and then for messages of transactions that committed late. It moves on to the first place
 * before it begins again, and the reading of messages that are passed over again takes at most a twentieth of the time.
 */
final class FairScan {

    static final long SECOND = 1_000_000_000;

    private static final int PAUSE_PER_RUN = 20;
    private static final long MAX_PAUSE_NANOS = 60 * SECOND;
    private static final long NOT_AGAIN = -1;

    /** All messages up to this position were looked at once. */
    private long readTo;
    /** All messages up to this position were looked at again; negative = none are looked at again now. */
    private long readAgainTo = NOT_AGAIN;
    /** Counts the times that looking again began, so that an earlier claim does not move the position. */
    private int rounds;
    /** Time that the reading of messages took that were passed over, since looking again began. */
    private long passedOverNanos;
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

    /** Begins at the head: what was passed over before is not known to be of a noisy group. */
    synchronized void restart() {
        readTo = 0;
        readAgainTo = NOT_AGAIN;
        again = false;
        againAt = System.nanoTime() + SECOND;
        passedOverNanos = 0;
        rounds++;
    }

    /** Messages that were passed over are to be looked at again, as soon as the time allows. */
    synchronized void lookAgain() {
        again = true;
    }

    /** @param head no message has this position or a lower one */
    synchronized ScanPlaces begin(long head) {
        if (readAgainTo < 0 && again && System.nanoTime() - againAt >= 0) {
            again = false;
            readAgainTo = 0;
            passedOverNanos = 0;
            rounds++;
        }
        return new ScanPlaces(
                readAgainTo < 0 ? NOT_AGAIN : Math.max(head, readAgainTo), Math.max(head, readTo), rounds);
    }

    /** Records what was found at the place that looks again. */
    synchronized void lookedAgain(ScanPlaces places, QuietClaim claimed, long nanos) {
        if (rounds != places.round() || readAgainTo < 0) {
            return;
        }
        passedOverNanos += claimed.passedOver() ? nanos : 0;
        readAgainTo = Math.max(readAgainTo, claimed.readTo());
        if (claimed.end() || readAgainTo >= readTo) {
            readTo = Math.max(readTo, readAgainTo);
            readAgainTo = NOT_AGAIN;
            againAt = pauseAfter(passedOverNanos);
            // for messages of transactions that commit late
            again |= claimed.end();
        }
    }

    /** Records what was found at the other place. */
    synchronized void looked(ScanPlaces places, QuietClaim claimed, long nanos) {
        if (rounds != places.round()) {
            return;
        }
        passedOverNanos += claimed.passedOver() ? nanos : 0;
        readTo = Math.max(readTo, claimed.readTo());
        if (claimed.end() && !again && readAgainTo < 0) {
            again = true;
            againAt = pauseAfter(passedOverNanos);
        }
    }

    /** The time after a pause that lets something that takes this long take a twentieth of the time. */
    static long pauseAfter(long nanos) {
        return System.nanoTime() + Math.clamp(PAUSE_PER_RUN * nanos, SECOND, MAX_PAUSE_NANOS);
    }
}
