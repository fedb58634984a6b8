package dev.rowmq.store.memory;

import dev.rowmq.message.Copy;
import dev.rowmq.message.Counts;
import dev.rowmq.message.DeadLetter;
import dev.rowmq.message.Figure;
import dev.rowmq.message.GeneratedId;
import dev.rowmq.message.MessageKey;
import dev.rowmq.message.MessageView;
import dev.rowmq.message.Page;
import dev.rowmq.message.Processed;
import dev.rowmq.message.Queue;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.Partitions;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.springframework.stereotype.Component;

/**
 * The queues that this instance keeps in memory, bounded in number and bytes. Queues are locked one at a time; a dead letter goes
 * from one to another under the locks of both, in the order of their numbers.
 */
@Component
public class MemoryStore implements MessageStore {

    /** What time did to a queue. @param ready messages that can be received by now */
    public record Ticked(int queueId, int ready) {}

    private final MemoryProperties properties;
    private final SteadyClock clock = new SteadyClock();
    private final Map<Integer, MemoryQueue> queues = new ConcurrentHashMap<>();
    private final Map<Integer, Grave> graves = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong tokens = new AtomicLong();
    /** Positions of a process begin behind those of the one before, as long as that sent less than 65,536 a second. */
    private final AtomicLong positions = new AtomicLong(
            ((long) Partitions.MEMORY << Partitions.POSITION_BITS) + (Instant.now().getEpochSecond() << 16));

    MemoryStore(MemoryProperties properties) {
        this.properties = properties;
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

    /** Takes so many bytes if there is room. */
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

    private MemoryQueue queue(int id) {
        return queues.computeIfAbsent(id, any -> new MemoryQueue(id, this));
    }

    private <T> T locked(int id, Function<MemoryQueue, T> work) {
        MemoryQueue queue = queue(id);
        synchronized (queue) {
            return work.apply(queue);
        }
    }

    @Override
    public Optional<Sent> find(NewRow row) {
        return locked(row.queueId(), queue -> row.id().flatMap(id -> queue.ids.find(id, now())));
    }

    @Override
    public List<Sent> send(List<NewRow> rows) {
        return rows.stream()
                .map(row -> locked(row.queueId(), queue -> queue.send(row, now(), most(row))))
                .toList();
    }

    private long most(NewRow row) {
        return row.capacity() == 0 ? properties.messages() : row.capacity();
    }

    @Override
    public List<Claimed> claim(List<Claim> claims) {
        return claims.stream()
                .map(claim -> withGrave(claim.queueId(), queue -> queue.claim(claim, now(), this::bury)))
                .toList();
    }

    @Override
    public List<Settled> settle(List<Settlement> settlements) {
        return settlements.stream().map(this::settle).toList();
    }

    private Settled settle(Settlement settlement) {
        if (settlement instanceof Settlement.Bury bury) {
            graves.put(bury.key().queueId(), bury.grave());
        }
        return withGrave(settlement.key().queueId(), queue -> queue.settle(settlement, now(), this::bury));
    }

    /** Under the lock of the queue, and of the one that takes its dead letters. */
    private <T> T withGrave(int id, Function<MemoryQueue, T> work) {
        if (!(graves.get(id) instanceof Grave.OtherQueue other)) {
            return locked(id, work);
        }
        return locked(
                Math.min(id, other.queueId()),
                first -> locked(Math.max(id, other.queueId()), second -> work.apply(queue(id))));
    }

    private void bury(MemoryQueue from, Entry entry, DeadLetter.Reason reason, Optional<String> error) {
        Instant now = now();
        from.take(entry);
        from.count(Figure.DEAD_LETTERED, 1);
        if (graves.get(entry.key.queueId()) instanceof Grave.OtherQueue other) {
            Entry moved = new Entry(
                    new MessageKey(other.queueId(), other.settings().level(entry.key.priority()), nextPosition()),
                    Optional.of(entry.shownId()),
                    entry.body,
                    DeadLetter.told(
                            entry.metadata, other.fromName(), reason, entry.deliveries, error.orElse(entry.lastError)),
                    now,
                    now,
                    now.plus(other.settings().retention()));
            bytes.addAndGet(moved.size());
            entry.id.ifPresent(given -> from.ids.release(given, entry.key, now.plus(from.settings().processedRetention())));
            queue(other.queueId()).adopt(moved, now);
        } else {
            bytes.addAndGet(entry.size());
            from.dead.add(entry, entry.deadLetter(reason, error, now));
            from.count(Figure.DEAD, 1);
        }
    }

    /** Where a queue's dead letters go, and how it is set, from now on. */
    public void follow(Queue queue, Grave grave) {
        graves.put(queue.id(), grave);
        locked(queue.id(), own -> {
            own.settings(queue.settings());
            return own;
        });
    }

    /** The numbers of the queues that have or had messages here. */
    public Set<Integer> queueIds() {
        return Set.copyOf(queues.keySet());
    }

    /** Does what time alone does, but for {@link #cleanUp}. */
    public List<Ticked> tick() {
        return queues.keySet().stream()
                .map(id -> new Ticked(id, withGrave(id, queue -> queue.tick(now(), this::bury))))
                .filter(ticked -> ticked.ready() > 0)
                .toList();
    }

    /** Expired messages, old dead letters and forgotten ids. */
    public void cleanUp() {
        queues.keySet().forEach(id -> withGrave(id, queue -> {
            queue.expire(now(), this::bury);
            queue.ids.forget(now());
            removeAll(queue, queue.dead.before(now().minus(queue.settings().deadLetterRetention())));
            return id;
        }));
    }

    /** Nothing is left of the queue. */
    public void drop(int queueId) {
        locked(queueId, queue -> {
            queue.drop();
            return queues.remove(queueId);
        });
        graves.remove(queueId);
    }

    public Counts counts(int queueId) {
        return queues.containsKey(queueId) ? locked(queueId, MemoryQueue::counts) : Counts.ZERO;
    }

    public Page<MessageView> page(int queueId, MessageView.State state, int limit, Optional<String> after) {
        return locked(queueId, queue -> queue.page(state, limit, after));
    }

    public Optional<MessageView> message(int queueId, String id) {
        return locked(queueId, queue -> GeneratedId.key(id)
                .filter(key -> key.queueId() == queueId)
                .flatMap(key -> queue.at(key.position()))
                .or(() -> queue.ids.key(id).flatMap(key -> queue.at(key.position())))
                .map(Entry::view)
                .filter(view -> view.id().equals(id)));
    }

    public Optional<Processed> processed(int queueId, String id) {
        return locked(queueId, queue -> queue.ids.processed(id));
    }

    /** The positions of the messages with these ids that were dealt with. */
    public Set<Long> processedPositions(int queueId, Collection<String> ids) {
        return locked(queueId, queue -> ids.stream()
                .filter(id -> queue.ids.processed(id).isPresent())
                .flatMap(id -> queue.ids.key(id).stream())
                .map(MessageKey::position)
                .collect(Collectors.toCollection(HashSet::new)));
    }

    /** The age of the ready message that waits longest. */
    public Optional<Duration> oldestAge(int queueId) {
        return locked(queueId, queue -> queue.oldestReady().map(since -> Duration.between(since, now())));
    }

    /** Copies of what was sent behind that position and is still there, in the order of sending. */
    public List<Copy> still(int queueId, long behind, int most) {
        return locked(queueId, queue -> queue.copies(behind, most));
    }

    /** Returns how many there were. */
    public int purge(int queueId) {
        long upTo = positions.get();
        return locked(queueId, queue -> queue.purge(upTo));
    }

    public Page<DeadLetter> deadLetters(int queueId, int limit, Optional<String> after) {
        return locked(queueId, queue -> queue.dead.page(limit, after));
    }

    public Optional<DeadLetter> deadLetter(int queueId, String id) {
        return locked(queueId, queue -> queue.dead.find(id).map(Coffins.Coffin::letter));
    }

    /** Makes messages of those with these ids, to be delivered as if never before. Returns the ids found. */
    public List<String> redrive(Queue queue, List<String> ids) {
        return locked(queue.id(), own -> putBack(
                own, queue, ids.stream().distinct().flatMap(id -> own.dead.find(id).stream()).toList()));
    }

    /** As {@link #redrive}, of the first so many. */
    public List<String> redriveFirst(Queue queue, int most) {
        return locked(queue.id(), own -> putBack(own, queue, own.dead.first(most)));
    }

    private List<String> putBack(MemoryQueue own, Queue queue, List<Coffins.Coffin> coffins) {
        coffins.forEach(coffin -> {
            own.dead.remove(coffin, this);
            own.count(Figure.DEAD, -1);
            own.putBack(coffin.entry(), now(), queue);
        });
        return coffins.stream().map(coffin -> coffin.letter().id()).toList();
    }

    /** Removes the one with this id. */
    public boolean deleteDeadLetter(int queueId, String id) {
        return locked(queueId, queue -> removeAll(queue, queue.dead.find(id).stream().toList())) > 0;
    }

    /** Removes the first so many. Returns how many there were. */
    public int deleteFirst(int queueId, int most) {
        return locked(queueId, queue -> removeAll(queue, queue.dead.first(most)));
    }

    private int removeAll(MemoryQueue queue, List<Coffins.Coffin> coffins) {
        coffins.forEach(coffin -> {
            queue.dead.remove(coffin, this);
            Entry entry = coffin.entry();
            entry.id.ifPresent(given ->
                    queue.ids.release(given, entry.key, now().plus(queue.settings().processedRetention())));
        });
        queue.count(Figure.DEAD, -coffins.size());
        return coffins.size();
    }
}
