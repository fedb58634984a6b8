package dev.rowmq.queue;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.delivery.MessageExpiry;
import dev.rowmq.queue.durable.MessageQueries;
import dev.rowmq.queue.durable.PartitionQueries;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.queue.storage.StorageSelector;
import dev.rowmq.store.memory.InMemoryQueries;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.springframework.stereotype.Component;

/** Reads queues, messages and dead letters. Changes nothing, except that {@link #get} expires messages that are due. */
@Component
class QueueReader {

    private final QueueAdmin queues;
    private final QueueDirectory directory;
    private final StorageSelector storages;
    private final PartitionQueries partitionQueries;
    private final InMemoryQueries memory;
    private final MessageExpiry expiry;
    private final PageCursors cursors;

    QueueReader(
            QueueAdmin queues,
            QueueDirectory directory,
            StorageSelector storages,
            PartitionQueries partitionQueries,
            InMemoryQueries memory,
            MessageExpiry expiry,
            PageCursors cursors) {
        this.queues = queues;
        this.directory = directory;
        this.storages = storages;
        this.partitionQueries = partitionQueries;
        this.memory = memory;
        this.expiry = expiry;
        this.cursors = cursors;
    }

    List<QueueService.Measured> all() {
        Map<Integer, QueueCounts> counts = partitionQueries.counts();
        return queues.all().stream().map(queue -> measured(queue, counts)).toList();
    }

    private QueueService.Measured measured(Queue queue, Map<Integer, QueueCounts> counts) {
        QueueCounts durable = counts.getOrDefault(queue.id(), QueueCounts.ZERO);
        return new QueueService.Measured(
                queue, new QueueStats(durable.plus(memory.counts(queue.id())), Optional.empty()));
    }

    Queue queue(String name) {
        return directory.get(name);
    }

    List<Queue> queues() {
        return queues.all();
    }

    QueueService.Measured glance(String name) {
        Queue queue = directory.get(name);
        QueueStorage storage = storages.of(queue);
        return new QueueService.Measured(queue, new QueueStats(storage.counts(queue), storage.oldestAge(queue)));
    }

    QueueService.Measured get(String name) {
        Queue queue = directory.get(name);
        QueueStorage storage = storages.of(queue);
        QueueCounts counts = storage.counts(queue);
        if (!queue.inMemory() && counts.get(QueueCounter.READY) > 0 && expiry.expireNow(queue) > 0) {
            counts = storage.counts(queue);
        }
        return new QueueService.Measured(queue, new QueueStats(counts, storage.oldestAge(queue)));
    }

    Page<MessageView> peek(String name, MessageView.State state, int limit, Optional<String> cursor) {
        Queue queue = directory.get(name);
        return cursors.page("peek " + queue.id() + " " + state, limit, cursor,
                (max, after) -> storages.of(queue).peek(queue, state, max, after));
    }

    MessageView message(String name, String id) {
        return find(name, id, "message", QueueStorage::message);
    }

    ProcessedId processed(String name, String id) {
        return find(name, id, "processed message", QueueStorage::processed);
    }

    List<DeadLetter.Summary> deadLetterSummaries(String name, int max) {
        Queue queue = directory.get(name);
        return storages.of(queue).deadLetterSummaries(queue, max);
    }

    Page<DeadLetter> deadLetters(String name, int limit, Optional<String> cursor) {
        Queue queue = directory.get(name);
        return cursors.page("dead " + queue.id(), limit, cursor,
                (max, after) -> storages.of(queue).deadLetters(queue, max, after));
    }

    DeadLetter deadLetter(String name, String id) {
        return find(name, id, "dead letter", QueueStorage::deadLetter);
    }

    private interface Finder<T> {

        Optional<T> find(QueueStorage storage, Queue queue, String id);
    }

    private <T> T find(String name, String id, String kind, Finder<T> finder) {
        Queue queue = directory.get(name);
        return finder.find(storages.of(queue), queue, id)
                .orElseThrow(() -> MessageQueries.notFound(queue, id, kind));
    }
}
