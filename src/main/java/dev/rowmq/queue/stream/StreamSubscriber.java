package dev.rowmq.queue.stream;

import dev.rowmq.model.fanout.StreamedMessage;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * One who watches a queue: a bounded buffer between those who send and the one connection that reads. What finds no
 * room is counted and lost, and the count stands where the messages would have stood, so that a slow reader slows
 * nobody.
 */
public final class StreamSubscriber implements AutoCloseable {

    /** What is next for the reader. */
    public sealed interface Event {

        record Sent(StreamedMessage copy) implements Event {}

        /** So many messages that stood here found no room. */
        record Dropped(long messages) implements Event {}

        /** Nothing came for a while. */
        record Quiet() implements Event {}

        /** There will be nothing more: the service stops, or the queue is gone. */
        record End() implements Event {}
    }

    private final int queueId;
    private final StreamProperties limits;
    private final Runnable leave;
    private final Deque<Event> waiting = new ArrayDeque<>();
    private final RecentPositions told = new RecentPositions();
    /** Of the copies that wait; there are no more of them than the buffer holds. */
    private final Set<Long> waitingPositions = new HashSet<>();
    /** Those of them that a replay has told meanwhile. */
    private final Set<Long> passedOver = new HashSet<>();
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

    /** Never waits for the reader. */
    synchronized void offer(StreamedMessage copy) {
        if (waitingCopies >= limits.buffer()
                || waitingBytes + copy.size() > limits.bufferSize().toBytes() && waitingCopies > 0) {
            dropped(1);
            return;
        }
        waiting.add(new Event.Sent(copy));
        waitingPositions.add(copy.position());
        waitingCopies++;
        waitingBytes += copy.size();
        notifyAll();
    }

    /** So many were lost here, or on their way here. */
    synchronized void dropped(long messages) {
        long before =
                waiting.peekLast() instanceof Event.Dropped ? ((Event.Dropped) waiting.removeLast()).messages() : 0;
        waiting.add(new Event.Dropped(before + messages));
        notifyAll();
    }

    /** Nothing more is told, not even what waits: whoever ends a subscription does not wait for its reader. */
    synchronized void end() {
        ended = true;
        waiting.clear();
        waitingPositions.clear();
        passedOver.clear();
        notifyAll();
    }

    /** Has {@link #next} answer {@link Event.Quiet} at once, when nothing else is there. */
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /** Waits for the next event, which is {@link Event.Quiet} after {@code rowmq.stream.heartbeat} or {@link #wake}. */
    public synchronized Event next() throws InterruptedException {
        long end = System.nanoTime() + limits.heartbeat().toNanos();
        while (true) {
            Optional<Event> ready = ready();
            if (ready.isPresent()) {
                return ready.get();
            }
            long millis = (end - System.nanoTime()) / 1_000_000;
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
            if (!(event instanceof Event.Sent sent)) {
                return Optional.of(event);
            }
            waitingCopies--;
            waitingBytes -= sent.copy().size();
            waitingPositions.remove(sent.copy().position());
            if (!passedOver.remove(sent.copy().position()) && !told.contains(sent.copy().position())) {
                return Optional.of(event);
            }
        }
        return Optional.empty();
    }

    /** Whether there is something to tell at once. */
    public synchronized boolean more() {
        return !waiting.isEmpty();
    }

    /** The reader has this one already: should it come again it is passed over. */
    synchronized void told(long position) {
        if (waitingPositions.contains(position)) {
            passedOver.add(position);
        } else {
            told.add(position);
        }
    }

    @Override
    public void close() {
        leave.run();
    }
}
