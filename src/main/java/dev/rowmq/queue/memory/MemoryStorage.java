package dev.rowmq.queue.memory;

import dev.rowmq.model.Page;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.Storage;
import dev.rowmq.queue.catalog.DeadLetterRouting;
import dev.rowmq.queue.catalog.QueueChanged;
import dev.rowmq.queue.catalog.QueueDeleted;
import dev.rowmq.queue.durable.PartitionQueries;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.memory.InMemoryMessageStore;
import dev.rowmq.store.memory.InMemoryQueries;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;

import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Queues in the memory of this instance. Refused sends and calls are still counted in the database. */
@Component
class MemoryStorage implements QueueStorage {

    private static final int PAGE = 1000;

    private final InMemoryMessageStore store;
    private final InMemoryQueries queries;
    private final PartitionQueries partitionQueries;
    private final DeadLetterRouting deadLetterRouting;

    MemoryStorage(
            InMemoryMessageStore store,
            InMemoryQueries queries,
            PartitionQueries partitionQueries,
            DeadLetterRouting deadLetterRouting) {
        this.store = store;
        this.queries = queries;
        this.partitionQueries = partitionQueries;
        this.deadLetterRouting = deadLetterRouting;
    }

    /** Applies the settings of a queue that was created or changed. */
    @EventListener
    void changed(QueueChanged event) {
        if (!event.resumed() && event.queue().inMemory()) {
            follow(event.queue());
        }
    }

    @EventListener
    void deleted(QueueDeleted event) {
        store.drop(event.queue().id());
    }

    private void follow(Queue queue) {
        store.follow(queue, deadLetterRouting.of(queue));
    }

    @Override
    public Storage storage() {
        return Storage.MEMORY;
    }

    @Override
    public List<SendOutcome> send(List<MessageRow> rows, boolean together) {
        return store.send(rows);
    }

    @Override
    public Claimed claim(Queue queue, Duration visibilityTimeout, int max) {
        if (!store.follows(queue.id())) {
            follow(queue);
        }
        ClaimRequest request =
                new ClaimRequest(queue.id(), queue.settings(), queue.levels(), visibilityTimeout, max, Map.of());
        ClaimResult claimed = store.claim(List.of(request)).getFirst();
        return new Claimed(claimed.leases(), claimed.more(), Duration.ZERO);
    }

    @Override
    public List<SettleOutcome> settle(List<Settlement> settlements) {
        return store.settle(settlements);
    }

    @Override
    public boolean reaches(long position) {
        return store.ours(position);
    }

    @Override
    public Set<Long> processedPositions(Queue queue, Map<Long, String> ids) {
        Set<Long> processed = new HashSet<>(queries.processedPositions(queue.id(), ids.values()));
        processed.retainAll(ids.keySet());
        return processed;
    }

    @Override
    public void replay(Queue queue, long after, Consumer<StreamedMessage> reader, Runnable missing) {
        long last = after;
        List<StreamedMessage> page;
        do {
            page = queries.still(queue.id(), last, PAGE);
            for (StreamedMessage copy : page) {
                last = copy.position();
                reader.accept(copy);
            }
        } while (page.size() == PAGE);
    }

    @Override
    public QueueCounts counts(Queue queue) {
        return queries.counts(queue.id()).plus(partitionQueries.counts(queue.id()));
    }

    @Override
    public Optional<Duration> oldestAge(Queue queue) {
        return queries.oldestAge(queue.id());
    }

    @Override
    public Page<MessageView> peek(Queue queue, MessageView.State state, int limit, Optional<String> cursor) {
        return queries.page(queue.id(), state, limit, cursor);
    }

    @Override
    public Optional<MessageView> message(Queue queue, String id) {
        return queries.message(queue.id(), id);
    }

    @Override
    public Optional<ProcessedId> processed(Queue queue, String id) {
        return queries.processed(queue.id(), id);
    }

    @Override
    public List<DeadLetter.Summary> deadLetterSummaries(Queue queue, int max) {
        return queries.deadLetterSummaries(queue.id(), max);
    }

    @Override
    public Page<DeadLetter> deadLetters(Queue queue, int limit, Optional<String> cursor) {
        return queries.deadLetters(queue.id(), limit, cursor);
    }

    @Override
    public Optional<DeadLetter> deadLetter(Queue queue, String id) {
        return queries.deadLetter(queue.id(), id);
    }

    @Override
    public List<String> redrive(Queue queue, List<String> ids) {
        return store.redrive(queue, ids);
    }

    @Override
    public boolean deleteDeadLetter(Queue queue, String id) {
        return store.deleteDeadLetter(queue.id(), id);
    }

    @Override
    public IntSupplier purging(Queue queue) {
        long through = store.lastPosition();
        return () -> store.purge(queue, through);
    }

    @Override
    public IntUnaryOperator redriving(Queue queue) {
        return max -> store.redriveFirst(queue, max).size();
    }

    @Override
    public IntUnaryOperator deletingDeadLetters(Queue queue) {
        return max -> store.deleteFirst(queue.id(), max);
    }
}
