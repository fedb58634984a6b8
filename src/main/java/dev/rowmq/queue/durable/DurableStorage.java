package dev.rowmq.queue.durable;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.Storage;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.store.upkeep.MessageRemover;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntBinaryOperator;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;

import org.springframework.stereotype.Component;

/** Queues in the database: all partitions together. */
@Component
class DurableStorage implements QueueStorage {

    private final PartitionQueries partitionQueries;
    private final MessageQueries messageQueries;
    private final DeadLetterQueries deadLetters;
    private final MessageRemover removal;

    DurableStorage(
            PartitionQueries partitionQueries,
            MessageQueries messageQueries,
            DeadLetterQueries deadLetters,
            MessageRemover removal) {
        this.partitionQueries = partitionQueries;
        this.messageQueries = messageQueries;
        this.deadLetters = deadLetters;
        this.removal = removal;
    }

    @Override
    public Storage storage() {
        return Storage.DURABLE;
    }

    @Override
    public QueueCounts counts(Queue queue) {
        return partitionQueries.counts(queue.id());
    }

    @Override
    public Optional<Duration> oldestAge(Queue queue) {
        return partitionQueries.all(() -> messageQueries.oldestAge(queue)).stream()
                .flatMap(Optional::stream)
                .max(Comparator.naturalOrder());
    }

    @Override
    public Page<MessageView> peek(Queue queue, MessageView.State state, int limit, Optional<String> cursor) {
        return partitionQueries.page(limit, cursor, (left, from) -> messageQueries.peek(queue, state, left, from));
    }

    @Override
    public Optional<MessageView> message(Queue queue, String id) {
        return partitionQueries.first(partitionQueries.homes(id), () -> messageQueries.message(queue, id));
    }

    @Override
    public Optional<ProcessedId> processed(Queue queue, String id) {
        return partitionQueries.first(partitionQueries.homes(id), () -> messageQueries.processed(queue, id));
    }

    @Override
    public Page<DeadLetter> deadLetters(Queue queue, int limit, Optional<String> cursor) {
        return partitionQueries.page(limit, cursor, (left, from) -> deadLetters.page(queue, left, from));
    }

    @Override
    public Optional<DeadLetter> deadLetter(Queue queue, String id) {
        return partitionQueries.first(partitionQueries.partitions(), () -> deadLetters.find(queue, id));
    }

    @Override
    public List<String> redrive(Queue queue, List<String> ids) {
        return partitionQueries.change(ids.size(), () -> deadLetters.redrive(queue, ids));
    }

    @Override
    public boolean deleteDeadLetter(Queue queue, String id) {
        return partitionQueries.first(
                        partitionQueries.partitions(),
                        () -> deadLetters.delete(queue, id) ? Optional.of(id) : Optional.empty())
                .isPresent();
    }

    @Override
    public IntSupplier purging(Queue queue) {
        // what is sent from now on stays, in every partition
        List<Long> upTo = partitionQueries.partitions().stream()
                .map(n -> partitionQueries.in(n, removal::lastPosition))
                .toList();
        IntUnaryOperator step = inEach((n, any) -> {
            int removed = removal.purge(queue.id(), upTo.get(n));
            // a delayed message may just have moved over to where the purge had been already
            return removed > 0 ? removed : removal.purge(queue.id(), upTo.get(n));
        });
        return () -> step.applyAsInt(0);
    }

    @Override
    public IntUnaryOperator redriving(Queue queue) {
        return inEach((n, most) -> deadLetters.redriveFirst(queue, most));
    }

    @Override
    public IntUnaryOperator deletingDeadLetters(Queue queue) {
        return inEach((n, most) -> deadLetters.deleteFirst(queue, most));
    }

    /**
     * One set of the first partition that has any.
     *
     * @param set given the partition, and how many at most
     */
    private IntUnaryOperator inEach(IntBinaryOperator set) {
        AtomicInteger partition = new AtomicInteger();
        return most -> {
            int done = 0;
            while (done == 0 && partition.get() < partitionQueries.partitions().size()) {
                int n = partition.get();
                done = partitionQueries.in(n, () -> set.applyAsInt(n, most));
                partition.addAndGet(done == 0 ? 1 : 0);
            }
            return done;
        };
    }
}
