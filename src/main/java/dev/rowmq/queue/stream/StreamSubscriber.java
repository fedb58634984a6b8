package dev.rowmq.queue.stream;

import dev.rowmq.model.fanout.StreamedMessage;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A subscriber of a queue's stream: a bounded buffer between the senders and the one connection that reads. Messages
 * that do not fit are dropped and counted, and the count takes their place, so that a slow reader delays no sender.
 */
public final class StreamSubscriber implements AutoCloseable {

    /** The next event for the reader. */
    public sealed interface Event {

        record MessageEvent(StreamedMessage copy) implements Event {}

        /** The number of messages dropped at this point. */
        record DroppedEvent(long messages) implements Event {}

        /** No message came for a while, or {@link #wake} was called. */
        record Quiet() implements Event {}

        /** The last event: the service stops, or the queue was deleted. */
        record End() implements Event {}
    }

    private final int queueId;
    private final StreamProperties limits;
    private final Runnable leave;
    private final Deque<Event> waiting = new ArrayDeque<>();
    private final RecentPositions replayed = new RecentPositions();
    /** Positions of the copies that wait, at most as many as the buffer holds. */
    private final Set<Long> waitingPositions = new HashSet<>();
    /** Positions of waiting copies that a replay has delivered meanwhile. */
    private final Set<Long> replayedMeanwhile = new HashSet<>();
    private int waitingCopies;
    private long waitingBytes;
    private boolean ended;
    private boolean woken;

    StreamSubscriber(int queueId, StreamProperties limits, Runnable leave) {
        this.queueId = queueId;
        this.limits = limits;
        this.leave = leave;
    }

    public int queueId() {
        return queueId;
    }

    /** Adds a copy, or drops it if the buffer is full. Never waits for the reader. */
    synchronized void offer(StreamedMessage copy) {
        if (waitingCopies >= limits.buffer()
                || waitingBytes + copy.size() > limits.bufferSize().toBytes() && waitingCopies > 0) {
            dropped(1);
            return;
        }
        waiting.add(new Event.MessageEvent(copy));
        waitingPositions.add(copy.position());
        waitingCopies++;
        waitingBytes += copy.size();
        notifyAll();
    }

    /** Adds to the number of messages dropped here, or on the way here. */
    synchronized void dropped(long messages) {
        long before = waiting.peekLast() instanceof Event.DroppedEvent
                ? ((Event.DroppedEvent) waiting.removeLast()).messages()
                : 0;
        waiting.add(new Event.DroppedEvent(before + messages));
        notifyAll();
    }

    /** Ends the subscription. Waiting events are discarded, so that the end need not wait for the reader. */
    synchronized void end() {
        ended = true;
        waiting.clear();
        waitingPositions.clear();
        replayedMeanwhile.clear();
        notifyAll();
    }

    /** Makes {@link #next} return {@link Event.Quiet} at once, if no other event waits. */
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /** Waits for the next event, which is {@link Event.Quiet} after {@code rowmq.stream.heartbeat} or {@link #wake}. */
    public synchronized Event next() throws InterruptedException {
        long deadline = System.nanoTime() + limits.heartbeat().toNanos();
        while (true) {
            Optional<Event> ready = ready();
            if (ready.isPresent()) {
                return ready.get();
            }
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0 || woken) {
                woken = false;
                return new Event.Quiet();
            }
            wait(millis);
        }
    }

    private Optional<Event> ready() {
        if (ended) {
            return Optional.of(new Event.End());
        }
        while (!waiting.isEmpty()) {
            Event event = waiting.remove();
            if (!(event instanceof Event.MessageEvent sent)) {
                return Optional.of(event);
            }
            waitingCopies--;
            waitingBytes -= sent.copy().size();
            waitingPositions.remove(sent.copy().position());
            if (!replayedMeanwhile.remove(sent.copy().position()) && !replayed.contains(sent.copy().position())) {
                return Optional.of(event);
            }
        }
        return Optional.empty();
    }

    /** Whether an event waits. */
    public synchronized boolean more() {
        return !waiting.isEmpty();
    }

    /** Records a position that the reader has got from a replay. A copy with this position is skipped. */
    synchronized void replayed(long position) {
        if (waitingPositions.contains(position)) {
            replayedMeanwhile.add(position);
        } else {
            replayed.add(position);
        }
    }

    @Override
    public void close() {
        leave.run();
    }
}
