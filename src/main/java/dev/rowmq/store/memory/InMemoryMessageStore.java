package dev.rowmq.store.memory;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.Position;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.memory.InMemoryContents.DeadLetterSink;
import dev.rowmq.store.memory.limit.MemoryProperties;
import dev.rowmq.store.memory.limit.MemoryUsage;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * The queues that this instance keeps in memory, limited in number of messages and bytes. Queues are locked one at a
 * time: a dead letter leaves one queue before it enters another, and is visible in neither meanwhile.
 */
@Component
public class InMemoryMessageStore implements MessageStore {

    /**
     * The result of a tick of one queue.
     *
     * @param ready messages that became ready
     */
    public record Ticked(int queueId, int ready) {}

    private static final SendOutcome GONE = new SendOutcome.QueueGone();

    private final MemoryProperties properties;
    final MonotonicClock clock = new MonotonicClock();
    private final Map<Integer, InMemoryQueue> queues = new ConcurrentHashMap<>();
    private final Map<Integer, DeadLetterTarget> deadLetterTargets = new ConcurrentHashMap<>();
    final MemoryUsage usage;
    /** Greater than the tokens of the previous process. */
    private final AtomicLong tokens = new AtomicLong(Instant.now().toEpochMilli() << 11);
    /** Ids of deleted queues. No other queue gets them. */
    private final Set<Integer> dropped = ConcurrentHashMap.newKeySet();

    private final AtomicLong positions;

    InMemoryMessageStore(MemoryProperties properties, JdbcTemplate jdbc) {
        this.properties = properties;
        this.usage = new MemoryUsage(properties.size().toBytes());
        // every process has its own positions, so that a receipt of another process is not taken for one of this
        // process
        long process = jdbc.queryForObject("select nextval('counter_writer')", Long.class);
        this.positions = new AtomicLong(Position.firstInMemory(process) + (Instant.now().getEpochSecond() << 16));
    }

    /** Whether this process assigned the position. */
    public boolean ours(long position) {
        return Position.partition(position) == Position.partition(positions.get());
    }

    public long lastPosition() {
        return positions.get();
    }

    long nextPosition() {
        return positions.incrementAndGet();
    }

    long nextToken() {
        return tokens.incrementAndGet();
    }

    private Instant now() {
        return clock.now();
    }

    /** Whether this instance has the queue in its memory. */
    boolean has(int queueId) {
        return queues.containsKey(queueId);
    }

    /**
     * Does the work under the queue's lock.
     *
     * @param otherwise the result for a deleted queue
     */
    <T> T locked(int id, T otherwise, Function<InMemoryQueue, T> work) {
        if (dropped.contains(id)) {
            return otherwise;
        }
        InMemoryQueue queue = queues.get(id);
        if (queue == null) {
            queue = queues.computeIfAbsent(id, any -> new InMemoryQueue(id, this));
        }
        synchronized (queue) {
            return queue.dropped() ? otherwise : work.apply(queue);
        }
    }

    /** As {@link #locked}. Returns false for a deleted queue. */
    private boolean change(int id, Consumer<InMemoryQueue> work) {
        return locked(id, false, queue -> {
            work.accept(queue);
            return true;
        });
    }

    @Override
    public Optional<SendOutcome> find(MessageRow row) {
        return locked(
                row.queueId(),
                Optional.empty(),
                queue -> row.id().flatMap(id -> queue.contents().ids.find(id, now())));
    }

    @Override
    public List<SendOutcome> send(List<MessageRow> rows) {
        List<SendOutcome> sent = new ArrayList<>(rows.size());
        for (MessageRow row : rows) {
            sent.add(withDeadLetters(row.queueId(), GONE, (queue, sink) -> {
                queue.expire(now(), sink);
                return queue.send(row, now(), most(row));
            }));
        }
        return sent;
    }

    private long most(MessageRow row) {
        return row.capacity() == 0 ? properties.messages() : row.capacity();
    }

    @Override
    public List<ClaimResult> claim(List<ClaimRequest> claims) {
        ClaimResult nothing = new ClaimResult(List.of(), false, 0);
        return claims.stream()
                .map(claim ->
                        withDeadLetters(claim.queueId(), nothing, (queue, sink) -> queue.claim(claim, now(), sink)))
                .toList();
    }

    /** The same settlement twice in a call has the same result. */
    @Override
    public List<SettleOutcome> settle(List<Settlement> settlements) {
        Map<Settlement, SettleOutcome> done = new HashMap<>();
        return settlements.stream().map(one -> done.computeIfAbsent(one, this::settle)).toList();
    }

    private SettleOutcome settle(Settlement settlement) {
        if (settlement instanceof Settlement.ToDeadLetters dead) {
            deadLetterTargets.put(dead.key().queueId(), dead.target());
        }
        return withDeadLetters(
                settlement.key().queueId(),
                new SettleOutcome.Gone(),
                (queue, sink) -> queue.settle(settlement, now(), sink));
    }

    /**
     * Does the work under the queue's lock. Dead letters for another queue are moved after the lock is released; when
     * that queue is deleted, they go into the queue's own list.
     */
    private <T> T withDeadLetters(int id, T otherwise, BiFunction<InMemoryQueue, DeadLetterSink, T> work) {
        Optional<DeadLetterTarget.OtherQueue> target =
                deadLetterTargets.get(id) instanceof DeadLetterTarget.OtherQueue other
                                && !dropped.contains(other.queueId())
                        ? Optional.of(other)
                        : Optional.empty();
        DeadLetterSink sink = new DeadLetterSink(target.isEmpty(), new ArrayList<>());
        T result = locked(id, otherwise, queue -> work.apply(queue, sink));
        sink.ended().forEach(ended -> {
            DeadLetterTarget.OtherQueue other = target.orElseThrow();
            if (!change(other.queueId(), queue -> {
                other.settings().fifo().ifPresent(any -> queue.contents().fifo());
                adopt(queue, ended.moved(other, nextPosition(), now()));
            })) {
                change(id, queue -> queue.contents().addDeadLetter(ended));
            }
        });
        return result;
    }

    private void adopt(InMemoryQueue queue, InMemoryMessage moved) {
        usage.account(moved.size());
        queue.adopt(moved, moved.enqueuedAt);
    }

    /** Whether {@link #follow} was called for the queue. */
    public boolean follows(int queueId) {
        return deadLetterTargets.containsKey(queueId);
    }

    /** Sets the target of a queue's dead letters, and its settings, from now on. */
    public void follow(Queue queue, DeadLetterTarget target) {
        deadLetterTargets.put(queue.id(), target);
        change(queue.id(), own -> own.contents().settings(queue.settings()));
    }

    /** The ids of the queues that have or had messages here. */
    public Set<Integer> queueIds() {
        return Set.copyOf(queues.keySet());
    }

    /** Applies the time-driven changes, except those of {@link #cleanUp}. */
    public List<Ticked> tick() {
        return queues.keySet().stream()
                .map(id -> new Ticked(id, withDeadLetters(id, 0, (queue, sink) -> queue.tick(now(), sink))))
                .filter(ticked -> ticked.ready() > 0)
                .toList();
    }

    /** Removes expired messages before a read, which must not include them. */
    void expire(int queueId) {
        if (queues.containsKey(queueId)) {
            withDeadLetters(queueId, 0, (queue, sink) -> {
                queue.expire(now(), sink);
                return 0;
            });
        }
    }

    /** Removes expired messages, old dead letters and ids whose retention is over. */
    public void cleanUp() {
        queues.keySet().forEach(id -> withDeadLetters(id, 0, (queue, sink) -> {
            queue.expire(now(), sink);
            queue.contents().ids.forget(now());
            queue.contents().deleteOldDeadLetters();
            return id;
        }));
    }

    /** Removes the queue and everything in it. */
    public void drop(int queueId) {
        change(queueId, InMemoryQueue::drop);
        dropped.add(queueId);
        queues.remove(queueId);
        deadLetterTargets.remove(queueId);
    }

    /** Removes the messages with positions through {@code upTo}. Returns the number removed. */
    public int purge(Queue queue, long upTo) {
        return locked(queue.id(), 0, own -> own.purge(upTo, queue.settings()));
    }

    /**
     * Makes messages of the dead letters with these ids, which are delivered as if for the first time. Returns the ids
     * found.
     */
    public List<String> redrive(Queue queue, List<String> ids) {
        return locked(
                queue.id(),
                List.of(),
                own -> own.redrive(own.contents().deadLetters.find(ids), now(), queue.settings()));
    }

    /** As {@link #redrive}, for the first {@code most} dead letters. */
    public List<String> redriveFirst(Queue queue, int most) {
        return locked(
                queue.id(),
                List.of(),
                own -> own.redrive(own.contents().deadLetters.first(most), now(), queue.settings()));
    }

    /** Removes the dead letter with this id. Returns whether there was one. */
    public boolean deleteDeadLetter(int queueId, String id) {
        return locked(queueId, 0, queue -> queue.contents().deleteDeadLetters(List.of(id))) > 0;
    }

    /** Removes the first {@code most} dead letters. Returns the number removed. */
    public int deleteFirst(int queueId, int most) {
        return locked(queueId, 0, queue -> queue.contents().deleteFirstDeadLetters(most));
    }
}
