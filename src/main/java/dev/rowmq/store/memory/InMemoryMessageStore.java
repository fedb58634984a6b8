package dev.rowmq.store.memory;

import dev.rowmq.model.Page;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.GeneratedId;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.EndReason;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.DeadLetterTarget;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.Position;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.memory.InMemoryQueue.DeadLetterSink;
import dev.rowmq.store.memory.InMemoryQueue.EndedMessage;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;

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
    private final MonotonicClock clock = new MonotonicClock();
    private final Map<Integer, InMemoryQueue> queues = new ConcurrentHashMap<>();
    private final Map<Integer, DeadLetterTarget> graves = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();
    /** Greater than the tokens of the previous process. */
    private final AtomicLong tokens = new AtomicLong(Instant.now().toEpochMilli() << 11);
    /** Ids of deleted queues. No other queue gets them. */
    private final Set<Integer> dropped = ConcurrentHashMap.newKeySet();

    private final AtomicLong positions;

    InMemoryMessageStore(MemoryProperties properties, JdbcTemplate jdbc) {
        this.properties = properties;
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

    Instant now() {
        return clock.now();
    }

    /** Reserves bytes if they are within the limit. Returns whether they were reserved. */
    boolean reserve(long more) {
        if (bytes.addAndGet(more) > properties.size().toBytes()) {
            bytes.addAndGet(-more);
            return false;
        }
        return true;
    }

    void release(long less) {
        bytes.addAndGet(-less);
    }

    /** Adds bytes without checking the limit. */
    void account(long more) {
        bytes.addAndGet(more);
    }

    String noRoom(long wanted) {
        return "queues in memory have no room for its %d bytes: they hold %d of %d (rowmq.memory.size)"
                .formatted(wanted, bytes.get(), properties.size().toBytes());
    }

    /** @param otherwise the result for a deleted queue */
    private <T> T locked(int id, T otherwise, Function<InMemoryQueue, T> work) {
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

    @Override
    public Optional<SendOutcome> find(MessageRow row) {
        return locked(row.queueId(), Optional.empty(), queue -> row.id().flatMap(id -> queue.ids.find(id, now())));
    }

    @Override
    public List<SendOutcome> send(List<MessageRow> rows) {
        List<SendOutcome> sent = new ArrayList<>(rows.size());
        for (MessageRow row : rows) {
            sent.add(burying(row.queueId(), GONE, (queue, undertaker) -> {
                queue.expire(now(), undertaker);
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
                        burying(claim.queueId(), nothing, (queue, undertaker) -> queue.claim(claim, now(), undertaker)))
                .toList();
    }

    /** The same settlement twice in a call has the same result. */
    @Override
    public List<SettleOutcome> settle(List<Settlement> settlements) {
        Map<Settlement, SettleOutcome> done = new HashMap<>();
        return settlements.stream().map(one -> done.computeIfAbsent(one, this::settle)).toList();
    }

    private SettleOutcome settle(Settlement settlement) {
        if (settlement instanceof Settlement.ToDeadLetters bury) {
            graves.put(bury.key().queueId(), bury.grave());
        }
        return burying(
                settlement.key().queueId(),
                new SettleOutcome.Gone(),
                (queue, undertaker) -> queue.settle(settlement, now(), undertaker));
    }

    /**
     * Does the work under the queue's lock. Dead letters for another queue are moved after the lock is released; when
     * that queue is deleted, they go into the queue's own list.
     */
    private <T> T burying(int id, T otherwise, BiFunction<InMemoryQueue, DeadLetterSink, T> work) {
        Optional<DeadLetterTarget.OtherQueue> grave =
                graves.get(id) instanceof DeadLetterTarget.OtherQueue other && !dropped.contains(other.queueId())
                        ? Optional.of(other)
                        : Optional.empty();
        DeadLetterSink undertaker = new DeadLetterSink(grave.isEmpty(), new ArrayList<>());
        T result = locked(id, otherwise, queue -> work.apply(queue, undertaker));
        undertaker.corpses().forEach(corpse -> {
            boolean taken = locked(grave.orElseThrow().queueId(), false, queue -> {
                adopt(queue, corpse, grave.orElseThrow());
                return true;
            });
            if (!taken) {
                locked(id, false, queue -> {
                    queue.shelve(corpse);
                    return true;
                });
            }
        });
        return result;
    }

    private void adopt(InMemoryQueue queue, EndedMessage corpse, DeadLetterTarget.OtherQueue grave) {
        Instant now = now();
        InMemoryMessage entry = corpse.entry();
        InMemoryMessage moved = new InMemoryMessage(
                new MessageKey(grave.queueId(), grave.settings().level(entry.key.priority()), nextPosition()),
                Optional.of(entry.shownId()),
                entry.body,
                DeadLetter.told(
                        entry.metadata,
                        grave.fromName(),
                        corpse.reason(),
                        entry.deliveries,
                        corpse.error().orElse(entry.lastError)),
                now,
                now,
                now.plus(grave.settings().retention()));
        account(moved.size());
        queue.adopt(moved, now);
    }

    /** Whether {@link #follow} was called for the queue. */
    public boolean follows(int queueId) {
        return graves.containsKey(queueId);
    }

    /** Sets the target of a queue's dead letters, and its settings, from now on. */
    public void follow(Queue queue, DeadLetterTarget grave) {
        graves.put(queue.id(), grave);
        locked(queue.id(), false, own -> {
            own.settings(queue.settings());
            return true;
        });
    }

    /** The ids of the queues that have or had messages here. */
    public Set<Integer> queueIds() {
        return Set.copyOf(queues.keySet());
    }

    /** Applies the time-driven changes, except those of {@link #cleanUp}. */
    public List<Ticked> tick() {
        return queues.keySet().stream()
                .map(id -> new Ticked(id, burying(id, 0, (queue, undertaker) -> queue.tick(now(), undertaker))))
                .filter(ticked -> ticked.ready() > 0)
                .toList();
    }

    /** Removes expired messages before a read, which must not include them. */
    private void expire(int queueId) {
        if (queues.containsKey(queueId)) {
            burying(queueId, 0, (queue, undertaker) -> {
                queue.expire(now(), undertaker);
                return 0;
            });
        }
    }

    /** Removes expired messages, old dead letters and ids whose retention is over. */
    public void cleanUp() {
        queues.keySet().forEach(id -> burying(id, 0, (queue, undertaker) -> {
            queue.expire(now(), undertaker);
            queue.ids.forget(now());
            removeAll(queue, queue.dead.before(now().minus(queue.settings().deadLetterRetention())));
            return id;
        }));
    }

    /** Removes the queue and everything in it. */
    public void drop(int queueId) {
        locked(queueId, false, queue -> {
            queue.drop();
            return true;
        });
        dropped.add(queueId);
        queues.remove(queueId);
        graves.remove(queueId);
    }

    public QueueCounts counts(int queueId) {
        expire(queueId);
        return queues.containsKey(queueId)
                ? locked(queueId, QueueCounts.ZERO, InMemoryQueue::counts)
                : QueueCounts.ZERO;
    }

    public Page<MessageView> page(int queueId, MessageView.State state, int limit, Optional<String> after) {
        expire(queueId);
        return locked(queueId, new Page<>(List.of(), Optional.empty()), queue -> queue.page(state, limit, after));
    }

    public Optional<MessageView> message(int queueId, String id) {
        return locked(queueId, Optional.empty(), queue -> GeneratedId.key(id)
                .filter(key -> key.queueId() == queueId)
                .flatMap(key -> queue.at(key.position()))
                .or(() -> queue.ids.key(id).flatMap(key -> queue.at(key.position())))
                .map(InMemoryMessage::view)
                .filter(view -> view.id().equals(id)));
    }

    public Optional<ProcessedId> processed(int queueId, String id) {
        return locked(queueId, Optional.empty(), queue -> queue.ids.processed(id));
    }

    /** The positions of the messages with these ids that were processed. */
    public Set<Long> processedPositions(int queueId, Collection<String> ids) {
        return locked(queueId, Set.of(), queue -> ids.stream()
                .filter(id -> queue.ids.processed(id).isPresent())
                .flatMap(id -> queue.ids.key(id).stream())
                .map(MessageKey::position)
                .collect(Collectors.toCollection(HashSet::new)));
    }

    /** The age of the ready message that was sent first. */
    public Optional<Duration> oldestAge(int queueId) {
        expire(queueId);
        return locked(
                queueId, Optional.empty(), queue -> queue.oldestReady().map(since -> Duration.between(since, now())));
    }

    /**
     * Returns copies of the messages that were sent after the position and are still stored, in the order of sending.
     */
    public List<StreamedMessage> still(int queueId, long behind, int most) {
        return locked(queueId, List.of(), queue -> queue.copies(behind, most));
    }

    /** Removes the messages with positions through {@code upTo}. Returns the number removed. */
    public int purge(Queue queue, long upTo) {
        return locked(queue.id(), 0, own -> own.purge(upTo, queue.settings()));
    }

    public Page<DeadLetter> deadLetters(int queueId, int limit, Optional<String> after) {
        return locked(queueId, new Page<>(List.of(), Optional.empty()), queue -> queue.dead.page(limit, after));
    }

    public Optional<DeadLetter> deadLetter(int queueId, String id) {
        return locked(queueId, Optional.empty(), queue -> queue.dead.find(id).map(InMemoryDeadLetters.Coffin::letter));
    }

    /**
     * Makes messages of the dead letters with these ids, which are delivered as if for the first time. Returns the ids
     * found.
     */
    public List<String> redrive(Queue queue, List<String> ids) {
        return locked(queue.id(), List.of(), own -> putBack(
                own, queue, ids.stream().distinct().flatMap(id -> own.dead.find(id).stream()).toList()));
    }

    /** As {@link #redrive}, for the first {@code most} dead letters. */
    public List<String> redriveFirst(Queue queue, int most) {
        return locked(queue.id(), List.of(), own -> putBack(own, queue, own.dead.first(most)));
    }

    private List<String> putBack(InMemoryQueue own, Queue queue, List<InMemoryDeadLetters.Coffin> coffins) {
        coffins.forEach(coffin -> {
            own.dead.remove(coffin, this);
            own.count(QueueCounter.DEAD, -1);
            own.putBack(coffin.entry(), now(), queue);
        });
        return coffins.stream().map(coffin -> coffin.letter().id()).toList();
    }

    /** Removes the dead letter with this id. Returns whether there was one. */
    public boolean deleteDeadLetter(int queueId, String id) {
        return locked(queueId, 0, queue -> removeAll(queue, queue.dead.find(id).stream().toList())) > 0;
    }

    /** Removes the first {@code most} dead letters. Returns the number removed. */
    public int deleteFirst(int queueId, int most) {
        return locked(queueId, 0, queue -> removeAll(queue, queue.dead.first(most)));
    }

    private int removeAll(InMemoryQueue queue, List<InMemoryDeadLetters.Coffin> coffins) {
        coffins.forEach(coffin -> {
            queue.dead.remove(coffin, this);
            InMemoryMessage entry = coffin.entry();
            entry.id.ifPresent(given ->
                    queue.ids.release(
                            given, entry.key, now().plus(queue.settings().processedRetention()),
                            Optional.of(EndReason.DELETED)));
        });
        queue.count(QueueCounter.DEAD, -coffins.size());
        return coffins.size();
    }
}
