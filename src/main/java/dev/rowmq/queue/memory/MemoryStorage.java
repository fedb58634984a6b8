package dev.rowmq.queue.memory;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.Storage;
import dev.rowmq.queue.catalog.DeadLetterRouting;
import dev.rowmq.queue.durable.PartitionQueries;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.store.memory.InMemoryMessageStore;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;

import org.springframework.stereotype.Component;

/** Queues in the memory of this instance. What changed no message is counted in the database all the same. */
@Component
public class MemoryStorage implements QueueStorage {

    private final InMemoryMessageStore store;
    private final PartitionQueries partitionQueries;
    private final DeadLetterRouting deadLetterRouting;

    MemoryStorage(InMemoryMessageStore store, PartitionQueries partitionQueries, DeadLetterRouting deadLetterRouting) {
        this.store = store;
        this.partitionQueries = partitionQueries;
        this.deadLetterRouting = deadLetterRouting;
    }

    /** The queue is set like this from now on. */
    public void follow(Queue queue) {
        store.follow(queue, deadLetterRouting.of(queue));
    }

    @Override
    public Storage storage() {
        return Storage.MEMORY;
    }

    @Override
    public QueueCounts counts(Queue queue) {
        return store.counts(queue.id()).plus(partitionQueries.counts(queue.id()));
    }

    @Override
    public Optional<Duration> oldestAge(Queue queue) {
        return store.oldestAge(queue.id());
    }

    @Override
    public Page<MessageView> peek(Queue queue, MessageView.State state, int limit, Optional<String> cursor) {
        return store.page(queue.id(), state, limit, cursor);
    }

    @Override
    public Optional<MessageView> message(Queue queue, String id) {
        return store.message(queue.id(), id);
    }

    @Override
    public Optional<ProcessedId> processed(Queue queue, String id) {
        return store.processed(queue.id(), id);
    }

    @Override
    public Page<DeadLetter> deadLetters(Queue queue, int limit, Optional<String> cursor) {
        return store.deadLetters(queue.id(), limit, cursor);
    }

    @Override
    public Optional<DeadLetter> deadLetter(Queue queue, String id) {
        return store.deadLetter(queue.id(), id);
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
        long upTo = store.lastPosition();
        return () -> store.purge(queue, upTo);
    }

    @Override
    public IntUnaryOperator redriving(Queue queue) {
        return most -> store.redriveFirst(queue, most).size();
    }

    @Override
    public IntUnaryOperator deletingDeadLetters(Queue queue) {
        return most -> store.deleteFirst(queue.id(), most);
    }
}
