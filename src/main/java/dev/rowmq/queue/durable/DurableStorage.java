package dev.rowmq.queue.durable;

import dev.rowmq.model.Page;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.Storage;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.Position;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.upkeep.MessageRemover;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntBinaryOperator;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;

import org.springframework.stereotype.Component;

/** Queues in the database, over all partitions. */
@Component
class DurableStorage implements QueueStorage {

    private final PartitionRouter router;
    private final PartitionedDeliveries deliveries;
    private final PartitionedReplay replay;
    private final PartitionQueries partitionQueries;
    private final MessageQueries messageQueries;
    private final DeadLetterQueries deadLetters;
    private final MessageRemover removal;

    DurableStorage(
            PartitionRouter router,
            PartitionedDeliveries deliveries,
            PartitionedReplay replay,
            PartitionQueries partitionQueries,
            MessageQueries messageQueries,
            DeadLetterQueries deadLetters,
            MessageRemover removal) {
        this.router = router;
        this.deliveries = deliveries;
        this.replay = replay;
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
    public List<SendOutcome> send(List<MessageRow> rows, boolean together) {
        return router.send(rows, together);
    }

    @Override
    public Claimed claim(Queue queue, Duration visibilityTimeout, int max) {
        return deliveries.claim(queue, visibilityTimeout, max);
    }

    @Override
    public List<SettleOutcome> settle(List<Settlement> settlements) {
        return deliveries.settle(settlements);
    }

    @Override
    public boolean reaches(long position) {
        return Position.partition(position) < partitionQueries.partitions().size();
    }

    @Override
    public Set<Long> processedPositions(Queue queue, Map<Long, String> ids) {
        Set<Long> processed = new HashSet<>();
        ids.keySet().stream().collect(Collectors.groupingBy(Position::partition)).forEach((partition, positions) -> {
            Set<Long> recorded = partitionQueries.in(
                    partition,
                    () -> messageQueries.processedPositions(
                            queue, positions.stream().map(ids::get).toList()));
            positions.stream().filter(recorded::contains).forEach(processed::add);
        });
        return processed;
    }

    @Override
    public void replay(Queue queue, long after, Consumer<StreamedMessage> reader, Runnable missing) {
        replay.replay(queue, after, reader, missing);
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
        return partitionQueries.first(homes(queue, id), () -> messageQueries.message(queue, id));
    }

    @Override
    public Optional<ProcessedId> processed(Queue queue, String id) {
        return partitionQueries.first(homes(queue, id), () -> messageQueries.processed(queue, id));
    }

    /** In a FIFO queue the group decides, which is not known here. */
    private Collection<Integer> homes(Queue queue, String id) {
        return queue.settings().fifo().isPresent() ? partitionQueries.partitions() : partitionQueries.homes(id);
    }

    @Override
    public List<DeadLetter.Summary> deadLetterSummaries(Queue queue, int max) {
        return partitionQueries.all(() -> deadLetters.summaries(queue, max)).stream()
                .flatMap(List::stream)
                .limit(max)
                .toList();
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
        // messages sent after this call stay, in every partition
        List<Long> through = partitionQueries.partitions().stream()
                .map(n -> partitionQueries.in(n, removal::lastPosition))
                .toList();
        IntUnaryOperator step = inEach((n, any) -> {
            int removed = removal.purge(queue.id(), through.get(n));
            // a delayed message may have become ready in the range that the purge had passed
            return removed > 0 ? removed : removal.purge(queue.id(), through.get(n));
        });
        return () -> step.applyAsInt(0);
    }

    @Override
    public IntUnaryOperator redriving(Queue queue) {
        return inEach((n, max) -> deadLetters.redriveFirst(queue, max));
    }

    @Override
    public IntUnaryOperator deletingDeadLetters(Queue queue) {
        return inEach((n, max) -> deadLetters.deleteFirst(queue, max));
    }

    /**
     * Processes one set per call, in the first partition that has messages left.
     *
     * @param set receives the partition and the maximum number of messages; returns the number processed
     */
    private IntUnaryOperator inEach(IntBinaryOperator set) {
        AtomicInteger partition = new AtomicInteger();
        return max -> {
            int done = 0;
            while (done == 0 && partition.get() < partitionQueries.partitions().size()) {
                int n = partition.get();
                done = partitionQueries.in(n, () -> set.applyAsInt(n, max));
                partition.addAndGet(done == 0 ? 1 : 0);
            }
            return done;
        };
    }
}
