package dev.rowmq.queue.storage;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.Storage;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;

/** What is in a queue, looked at and put in order off the hot path, wherever the queue is kept. */
public interface QueueStorage {

    /** The storage whose queues these are. */
    Storage storage();

    QueueCounts counts(Queue queue);

    /** The age of the ready message that waits longest. */
    Optional<Duration> oldestAge(Queue queue);

    Page<MessageView> peek(Queue queue, MessageView.State state, int limit, Optional<String> cursor);

    Optional<MessageView> message(Queue queue, String id);

    /** Empty when the message with this id was not acked, or the id is forgotten. */
    Optional<ProcessedId> processed(Queue queue, String id);

    Page<DeadLetter> deadLetters(Queue queue, int limit, Optional<String> cursor);

    Optional<DeadLetter> deadLetter(Queue queue, String id);

    /** Returns the ids that were found. */
    List<String> redrive(Queue queue, List<String> ids);

    /** Returns whether there was one. */
    boolean deleteDeadLetter(Queue queue, String id);

    /** A step removes a set of what was sent before this was called, and returns how many; 0 = finished. */
    IntSupplier purging(Queue queue);

    /** A step redrives at most so many dead letters. */
    IntUnaryOperator redriving(Queue queue);

    /** A step removes at most so many dead letters. */
    IntUnaryOperator deletingDeadLetters(Queue queue);
}
