package dev.rowmq.queue.storage;

import dev.rowmq.model.Page;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.Storage;
import dev.rowmq.store.Lease;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;

/** The messages of the queues with one kind of storage: every operation that depends on the storage. */
public interface QueueStorage {

    /** The storage of these queues. */
    Storage storage();

    /**
     * The result of a claim.
     *
     * @param more  whether there may be more messages directly after these
     * @param again when a message may be available that this claim did not look for, or that will be free without a
     *     report: the time after which the next claim finds it; else 0s
     */
    record Claimed(List<Lease> leases, boolean more, Duration again) {

        public static final Claimed NOTHING = new Claimed(List.of(), false, Duration.ZERO);
    }

    /**
     * Stores messages. One outcome per row, in order.
     *
     * @param together whether the rows are copies of one message: those without an id then go to one partition, and are
     *     stored in one transaction
     */
    List<SendOutcome> send(List<MessageRow> rows, boolean together);

    /** Leases at most {@code max} messages. */
    Claimed claim(Queue queue, Duration visibilityTimeout, int max);

    /**
     * Settles leases. One outcome per settlement, in order.
     *
     * @throws dev.rowmq.model.error.QueueException when none was settled
     */
    List<SettleOutcome> settle(List<Settlement> settlements);

    /** Whether this instance can reach a message with this position, even if the message does not exist. */
    boolean reaches(long position);

    /**
     * The positions of the messages that are recorded as processed.
     *
     * @param ids the ids of the messages, by position
     */
    Set<Long> processedPositions(Queue queue, Map<Long, String> ids);

    /**
     * Reads the messages sent after a position that are still in the queue, in the order of sending, one at a time.
     *
     * @param missing called for each partition that cannot be read
     */
    void replay(Queue queue, long after, Consumer<StreamedMessage> reader, Runnable missing);

    QueueCounts counts(Queue queue);

    /** The age of the oldest ready message. */
    Optional<Duration> oldestAge(Queue queue);

    Page<MessageView> peek(Queue queue, MessageView.State state, int limit, Optional<String> cursor);

    Optional<MessageView> message(Queue queue, String id);

    /** Empty when the message with this id was not acked, or the id is no longer recorded. */
    Optional<ProcessedId> processed(Queue queue, String id);

    /** Dead letters without their bodies: of each partition the first by the order of sending. */
    List<DeadLetter.Summary> deadLetterSummaries(Queue queue, int max);

    Page<DeadLetter> deadLetters(Queue queue, int limit, Optional<String> cursor);

    Optional<DeadLetter> deadLetter(Queue queue, String id);

    /** Moves dead letters back into the queue and returns the ids that exist. */
    List<String> redrive(Queue queue, List<String> ids);

    /** Returns whether the dead letter existed. */
    boolean deleteDeadLetter(Queue queue, String id);

    /** Each step removes one set of the messages sent before this call and returns their number; 0 = finished. */
    IntSupplier purging(Queue queue);

    /** Each step redrives at most the given number of dead letters and returns their number; 0 = finished. */
    IntUnaryOperator redriving(Queue queue);

    /** Each step removes at most the given number of dead letters and returns their number; 0 = finished. */
    IntUnaryOperator deletingDeadLetters(Queue queue);
}
