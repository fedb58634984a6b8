package dev.rowmq.store.jpa.messages;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.store.BulkStore;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.GroupRedrive;
import dev.rowmq.store.sql.MetadataJson;
import dev.rowmq.store.sql.QueueCounters;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;

/**
 * A queue's own list of dead letters. Reads take part in the caller's transaction; changes are transactions of their
 * own.
 */
@Component
public class DeadLetterStore {

    private final DeadLetterRepository letters;
    private final BulkStore bulk;
    private final Transactions transactions;
    private final QueueCounters counters;
    private final MetadataJson metadata;
    private final GroupRedrive redrive;

    DeadLetterStore(
            DeadLetterRepository letters,
            BulkStore bulk,
            Transactions transactions,
            QueueCounters counters,
            MetadataJson metadata,
            GroupRedrive redrive) {
        this.letters = letters;
        this.bulk = bulk;
        this.transactions = transactions;
        this.counters = counters;
        this.metadata = metadata;
        this.redrive = redrive;
    }

    /**
     * Returns a page in the order in which the messages were sent.
     *
     * @param bytes approximate maximum bytes of bodies; the first dead letter is returned at any size
     */
    public Page<DeadLetter> page(int queueId, int limit, Optional<String> cursor, long bytes) {
        long after = cursor.map(Long::parseLong).orElse(0L);
        int fitting = MessageReader.fitting(letters.sizes(queueId, after, limit), bytes);
        return MessageReader.cut(
                letters.page(queueId, after, Limit.of(fitting + 1)),
                fitting,
                row -> Long.toString(row.key().position()),
                row -> row.deadLetter(metadata));
    }

    /** The first dead letters in the order in which the messages were sent, without their bodies. */
    public List<DeadLetter.Summary> summaries(int queueId, int max) {
        return letters.summaries(queueId, Limit.of(max)).stream().map(DeadLetterRow::summary).toList();
    }

    /** Returns the dead letter with this id; of several the newest. */
    public Optional<DeadLetter> find(int queueId, String id) {
        return bulk.deadLetterPositions(queueId, List.of(id)).values().stream()
                .findFirst()
                .flatMap(position -> letters.findById(new DeadLetterEntity.DeadKey(queueId, position)))
                .map(row -> row.deadLetter(metadata));
    }

    /**
     * Makes messages of the dead letters with these ids, which are delivered as if for the first time. Returns the ids
     * found.
     */
    public List<String> redrive(Queue queue, List<String> ids) {
        return transactions.bulk(() -> {
            Map<String, Long> found = bulk.deadLetterPositions(queue.id(), ids);
            List<Long> positions = List.copyOf(found.values());
            redrive.prepare(queue.id(), positions);
            redriven(queue, positions.isEmpty() ? BulkStore.Step.NOTHING
                    : bulk.redrive(queue.id(), positions, queue.settings().retention()));
            return List.copyOf(found.keySet());
        });
    }

    /**
     * As {@link #redrive}, for the first {@code most} dead letters, or fewer. Returns the number; 0 = there are none.
     */
    public int redriveFirst(Queue queue, int most) {
        return untilSome(() -> redriven(queue, queue.settings().fifo().isPresent()
                ? redriveGrouped(queue, most)
                : bulk.redriveFirst(queue.id(), most, queue.settings().retention())));
    }

    private BulkStore.Step redriveGrouped(Queue queue, int most) {
        List<Long> positions = redrive.prepareFirst(queue.id(), most);
        return positions.isEmpty()
                ? BulkStore.Step.NOTHING
                : bulk.redrive(queue.id(), positions, queue.settings().retention());
    }

    private BulkStore.Step redriven(Queue queue, BulkStore.Step step) {
        counters.add(new CounterDeltas().move(queue.id(), QueueCounter.DEAD, QueueCounter.READY, step.messages()));
        return step;
    }

    /** Removes the dead letter with this id. Returns whether there was one. */
    public boolean delete(Queue queue, String id) {
        return transactions.bulk(() -> {
            List<Long> positions = List.copyOf(bulk.deadLetterPositions(queue.id(), List.of(id)).values());
            return !positions.isEmpty() && deleted(queue, bulk.delete(queue.id(), positions)).messages() > 0;
        });
    }

    /** Removes the first {@code most} dead letters, or fewer. Returns the number; 0 = there are none. */
    public int deleteFirst(Queue queue, int most) {
        return untilSome(() -> deleted(queue, bulk.deleteFirst(queue.id(), most)));
    }

    /**
     * Removes one set of the dead letters that are older than the queue's retention of dead letters. Returns the
     * number.
     */
    public int deleteOld(Queue queue) {
        return transactions.bulk(() ->
                deleted(queue, bulk.deleteOld(queue.id(), queue.settings().deadLetterRetention())).messages());
    }

    private BulkStore.Step deleted(Queue queue, BulkStore.Step step) {
        counters.add(new CounterDeltas().add(queue.id(), QueueCounter.DEAD, -step.messages()));
        return step;
    }

    /** Repeats a set that changed nothing because other transactions were changing all of its rows. */
    private int untilSome(Supplier<BulkStore.Step> set) {
        BulkStore.Step step;
        do {
            step = transactions.bulk(set);
        } while (step.more() && step.messages() == 0);
        return step.messages();
    }
}
