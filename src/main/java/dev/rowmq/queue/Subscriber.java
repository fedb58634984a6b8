package dev.rowmq.queue;

import dev.rowmq.message.Copy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One who watches a queue: a bounded buffer between those who send and the one connection that reads. What finds no room is
 * counted and lost, so that a slow reader slows nobody.
 */
public final class Subscriber implements AutoCloseable {

    /** What is next for the reader. */
    public sealed interface Event {

        record Sent(Copy copy) implements Event {}

        /** So many messages found no room after the last one. */
        record Dropped(long messages) implements Event {}

        /** Nothing came for a while. */
        record Quiet() implements Event {}

        /** There will be nothing more: the service stops, or the queue is gone. */
        record End() implements Event {}
    }

    private final int queueId;
    private final StreamProperties limits;
    private final Runnable leave;
    private final Deque<Copy> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private long dropped;
    private final Set<Long> told = new HashSet<>();
    private boolean ended;

    Subscriber(int queueId, StreamProperties limits, Runnable leave) {
        this.queueId = queueId;
        this.limits = limits;
        this.leave = leave;
    }

    int queueId() {
        return queueId;
    }

    /** Never waits for the reader. */
    synchronized void offer(Copy copy) {
        if (waiting.size() >= limits.buffer() || waitingBytes + copy.size() > limits.bufferSize().toBytes() && !waiting.isEmpty()) {
            dropped++;
            return;
        }
        waiting.add(copy);
        waitingBytes += copy.size();
        notifyAll();
    }

    /** So many were lost before they came here. */
    synchronized void dropped(long messages) {
        dropped += messages;
        notifyAll();
    }

    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Waits for the next event, which is {@link Event.Quiet} after {@code rowmq.stream.heartbeat}. */
    public synchronized Event next() throws InterruptedException {
        long end = System.nanoTime() + limits.heartbeat().toNanos();
        while (true) {
            Optional<Event> ready = ready();
            if (ready.isPresent()) {
                return ready.get();
            }
            long millis = (end - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                return new Event.Quiet();
            }
            wait(millis);
        }
    }

    /** Whether there is something to tell at once. */
    public synchronized boolean more() {
        return !waiting.isEmpty();
    }

    private Optional<Event> ready() {
        while (!waiting.isEmpty()) {
            Copy copy = waiting.remove();
            waitingBytes -= copy.size();
            if (!told.remove(copy.position())) {
                return Optional.of(new Event.Sent(copy));
            }
        }
        if (dropped > 0) {
            long messages = dropped;
            dropped = 0;
            return Optional.of(new Event.Dropped(messages));
        }
        return ended ? Optional.of(new Event.End()) : Optional.empty();
    }

    /** The reader has these already: should they come again they are passed over. */
    synchronized void told(List<Copy> copies) {
        copies.forEach(copy -> told.add(copy.position()));
    }

    @Override
    public void close() {
        leave.run();
    }
}
