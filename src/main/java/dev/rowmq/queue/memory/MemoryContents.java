package dev.rowmq.queue.memory;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.Processed;
import dev.rowmq.model.queue.Counts;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.Storage;
import dev.rowmq.queue.catalog.Graves;
import dev.rowmq.queue.durable.Everywhere;
import dev.rowmq.queue.storage.Contents;
import dev.rowmq.store.memory.MemoryStore;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;

import org.springframework.stereotype.Component;

/** Queues in the memory of this instance. What changed no message is counted in the database all the same. */
@Component
public class MemoryContents implements Contents {

    private final MemoryStore store;
    private final Everywhere everywhere;
    private final Graves graves;

    MemoryContents(MemoryStore store, Everywhere everywhere, Graves graves) {
        this.store = store;
        this.everywhere = everywhere;
        this.graves = graves;
    }

    /** The queue is set like this from now on. */
    public void follow(Queue queue) {
        store.follow(queue, graves.of(queue));
    }

    @Override
    public Storage storage() {
        return Storage.MEMORY;
    }

    @Override
    public Counts counts(Queue queue) {
        return store.counts(queue.id()).plus(everywhere.counts(queue.id()));
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
    public Optional<Processed> processed(Queue queue, String id) {
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
