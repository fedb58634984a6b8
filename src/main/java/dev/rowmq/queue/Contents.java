package dev.rowmq.queue;

import dev.rowmq.message.Counts;
import dev.rowmq.message.DeadLetter;
import dev.rowmq.message.MessageView;
import dev.rowmq.message.Page;
import dev.rowmq.message.Processed;
import dev.rowmq.message.Queue;
import dev.rowmq.message.Storage;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;

/** What is in a queue, looked at and put in order off the hot path, wherever the queue is kept. */
interface Contents {

    /** The storage whose queues these are. */
    Storage storage();

    Counts counts(Queue queue);

    /** The age of the ready message that waits longest. */
    Optional<Duration> oldestAge(Queue queue);

    Page<MessageView> peek(Queue queue, MessageView.State state, int limit, Optional<String> cursor);

    Optional<MessageView> message(Queue queue, String id);

    /** Empty when the message with this id was not acked, or the id is forgotten. */
    Optional<Processed> processed(Queue queue, String id);

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
