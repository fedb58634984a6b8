package dev.rowmq.push;

import dev.rowmq.model.fanout.DeliveryReport;
import dev.rowmq.model.fanout.DeliveryReport.Attempt;
import dev.rowmq.model.fanout.DeliveryReport.Circuit;
import dev.rowmq.model.fanout.DeliveryReport.Minute;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Recent calls of this instance for one subscription, for the {@link DeliveryReport}. */
final class AttemptLog {

    private final Deque<Attempt> last = new ArrayDeque<>();
    private final Deque<Minute> minutes = new ArrayDeque<>();
    private boolean changed;

    synchronized void add(Attempt attempt) {
        last.addFirst(attempt);
        if (last.size() > DeliveryReport.ATTEMPTS) {
            last.removeLast();
        }
        boolean success = attempt.error().isEmpty();
        // the present minute, not the one in which the call began, so that minutes are added in ascending order
        Minute now = new Minute(
                Instant.now().getEpochSecond() / 60,
                success ? 1 : 0,
                success ? 0 : 1,
                success ? attempt.messages() : 0);
        if (!minutes.isEmpty() && minutes.getLast().minute() == now.minute()) {
            minutes.addLast(minutes.removeLast().plus(now));
        } else {
            minutes.addLast(now);
        }
        while (minutes.getFirst().minute() <= now.minute() - DeliveryReport.MINUTES) {
            minutes.removeFirst();
        }
        changed = true;
    }

    synchronized void changed() {
        changed = true;
    }

    /** Returns whether there is a change that was not reported, and resets the flag. */
    synchronized boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    synchronized DeliveryReport report(Circuit circuit) {
        return new DeliveryReport(circuit, List.copyOf(last), List.copyOf(minutes));
    }
}
