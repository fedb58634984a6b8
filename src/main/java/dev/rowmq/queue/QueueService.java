package dev.rowmq.queue;

import dev.rowmq.model.Page;
import dev.rowmq.model.Upserted;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.message.SendContext;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.message.SettleResult;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.queue.delivery.MessageReceiver;
import dev.rowmq.queue.delivery.MessageSettler;
import dev.rowmq.queue.send.MessageSender;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import org.springframework.stereotype.Service;

/**
 * All operations on queues and their messages; topics and streams are in {@link FanoutService}. A method that names a
 * queue throws {@link QueueException} INVALID_QUEUE_NAME or QUEUE_NOT_FOUND. Every method may throw STORE_UNAVAILABLE;
 * a method that changes something may also throw OVERLOADED and OUTCOME_UNKNOWN.
 */
@Service
public class QueueService {

    /** A queue with its statistics. */
    public record Measured(Queue queue, QueueStats stats) {}

    private final QueueLifecycle lifecycle;
    private final QueueReader reader;
    private final MessageSender sender;
    private final MessageReceiver receiver;
    private final MessageSettler settler;
    private final BulkOperations bulkOperations;

    QueueService(
            QueueLifecycle lifecycle,
            QueueReader reader,
            MessageSender sender,
            MessageReceiver receiver,
            MessageSettler settler,
            BulkOperations bulkOperations) {
        this.lifecycle = lifecycle;
        this.reader = reader;
        this.sender = sender;
        this.receiver = receiver;
        this.settler = settler;
        this.bulkOperations = bulkOperations;
    }

    /**
     * Creates a queue or changes its settings.
     *
     * @param change from the present settings (empty for a new queue) to the new ones
     * @throws QueueException OUT_OF_RANGE, INVALID_REDRIVE, QUEUE_CONFLICT
     */
    public Upserted<Queue> put(String name, Function<Optional<QueueSettings>, QueueSettings> change) {
        return lifecycle.put(name, change);
    }

    /** Creates a queue; one that exists is returned unchanged. */
    public Upserted<Queue> createIfAbsent(String name, QueueSettings settings) {
        return lifecycle.createIfAbsent(name, settings);
    }

    /** @throws QueueException as {@link #put}, and QUEUE_NOT_FOUND */
    public Queue change(String name, UnaryOperator<QueueSettings> change) {
        return lifecycle.change(name, change);
    }

    /** The queue; its settings may be as old as {@code rowmq.queue.cache}. */
    public Queue queue(String name) {
        return reader.queue(name);
    }

    /** All queues in the order of their names. */
    public List<Queue> queues() {
        return reader.queues();
    }

    /** All queues in the order of their names, each with its statistics except the age of its oldest message. */
    public List<Measured> all() {
        return reader.all();
    }

    /**
     * As {@link #get}, but changes nothing: expired messages may be counted. For statistics that are read repeatedly.
     */
    public Measured glance(String name) {
        return reader.glance(name);
    }

    public Measured get(String name) {
        return reader.get(name);
    }

    /**
     * Deletes a queue. Its name can be used again at once.
     *
     * @throws QueueException QUEUE_CONFLICT while it takes another queue's dead letters, or is bound to a topic
     */
    public void delete(String name) {
        lifecycle.delete(name);
    }

    /**
     * Removes every message sent before this call, in any state. Dead letters stay.
     *
     * @throws QueueException QUEUE_CONFLICT while another purge of the queue runs
     */
    public BulkOperations.Progress purge(String name) {
        return bulkOperations.purge(name);
    }

    /** Stops deliveries until {@link #resume}; sends continue. */
    public Queue pause(String name) {
        return lifecycle.pause(name);
    }

    public Queue resume(String name) {
        return lifecycle.resume(name);
    }

    /**
     * Stores messages in the queue's storage; each is accepted or rejected by itself. Returns one result per message,
     * in order.
     *
     * @throws QueueException for a reason that concerns all messages
     */
    public List<SendResult> send(String name, List<NewMessage> messages, SendContext context) {
        return sender.send(name, messages, context);
    }

    /**
     * Leases messages.
     *
     * @param wanted            checked before each claim: once it returns false, no more messages are leased. Unparking
     *     the caller's thread triggers a check at once
     * @param max               1 to 1000
     * @param wait              maximum wait for the first message, 0s to 60s
     * @param visibilityTimeout duration of the leases, 0s to 12h; empty = the queue's setting
     */
    public List<Delivery> receive(
            String name, BooleanSupplier wanted, int max, Duration wait, Optional<Duration> visibilityTimeout) {
        return receiver.receive(name, OptionalInt.empty(), wanted, max, wait, visibilityTimeout);
    }

    /**
     * Undoes a receive whose deliveries reached no client: the messages are ready again at once, and the deliveries are
     * not counted.
     */
    public void takeBack(String name, List<String> receipts) {
        settler.takeBack(name, receipts);
    }

    /**
     * As {@link #receive(String, BooleanSupplier, int, Duration, Optional)}, for a subscription.
     *
     * @throws QueueException QUEUE_NOT_FOUND also when a new queue has the name of the subscription's deleted queue
     */
    public List<Delivery> receive(
            Subscription subscription, BooleanSupplier wanted, int max, Duration wait, Duration visibilityTimeout) {
        return receiver.receive(
                subscription.queue(),
                OptionalInt.of(subscription.queueId()),
                wanted,
                max,
                wait,
                Optional.of(visibilityTimeout));
    }

    /**
     * Settles messages as done: they are never delivered again.
     *
     * @param receiptTexts 1 to 1000; the results are in the same order
     */
    public List<SettleResult> ack(String name, List<String> receiptTexts) {
        return settler.ack(name, receiptTexts);
    }

    /**
     * Returns messages that were not processed to the queue. After the last allowed delivery they become dead letters.
     *
     * @param delay 0s to 365d; empty = the backoff of the queue's retry policy
     * @param error stored with the message, up to 1000 characters
     */
    public List<SettleResult> nack(
            String name, List<String> receiptTexts, Optional<Duration> delay, Optional<String> error) {
        return settler.nack(name, receiptTexts, delay, error);
    }

    /**
     * Extends leases: they end this long from now, but at most 12 hours after the receive.
     *
     * @param visibilityTimeout 0s to 12h; empty = the queue's setting
     */
    public List<SettleResult> extend(String name, List<String> receiptTexts, Optional<Duration> visibilityTimeout) {
        return settler.extend(name, receiptTexts, visibilityTimeout);
    }

    /**
     * An ack of push deliveries that also records the ids as processed, in one transaction. An id is recorded even if
     * the lease was lost meanwhile, so that the next delivery can be skipped.
     */
    public List<SettleResult> ackAndRecord(String name, List<Delivery> deliveries) {
        return settler.ackAndRecord(name, deliveries);
    }

    /**
     * A nack of push deliveries. The delay is the backoff of the queue's retry policy, or 1 s, 2 s, 4 s ... 15 min if
     * that policy has no backoff.
     *
     * @param atLeast shortest delay, 0s to 365d
     * @param error   stored with the message, up to 1000 characters
     */
    public List<SettleResult> giveBack(String name, List<String> receiptTexts, Duration atLeast, String error) {
        return settler.giveBack(name, receiptTexts, atLeast, error);
    }

    /** Returns the deliveries whose messages are recorded as processed. */
    public List<Delivery> processedAmong(String name, List<Delivery> deliveries) {
        return settler.processedAmong(name, deliveries);
    }

    /** A page of the messages in one state; {@code limit} is 1 to 1000. */
    public Page<MessageView> peek(String name, MessageView.State state, int limit, Optional<String> cursor) {
        return reader.peek(name, state, limit, cursor);
    }

    /** @throws QueueException MESSAGE_NOT_FOUND */
    public MessageView message(String name, String id) {
        return reader.message(name, id);
    }

    /**
     * @throws QueueException MESSAGE_NOT_FOUND when no message with this producer's id was acked, or the id is no
     *     longer recorded
     */
    public ProcessedId processed(String name, String id) {
        return reader.processed(name, id);
    }

    /** Some of the queue's own dead letters, without their bodies; {@code max} is 1 to 10000. */
    public List<DeadLetter.Summary> deadLetterSummaries(String name, int max) {
        return reader.deadLetterSummaries(name, max);
    }

    /** A page of the queue's own dead letters, in the order of sending; {@code limit} is 1 to 1000. */
    public Page<DeadLetter> deadLetters(String name, int limit, Optional<String> cursor) {
        return reader.deadLetters(name, limit, cursor);
    }

    /** @throws QueueException MESSAGE_NOT_FOUND */
    public DeadLetter deadLetter(String name, String id) {
        return reader.deadLetter(name, id);
    }

    /** Moves dead letters back into the queue as if they were never delivered. Returns the ids that were found. */
    public List<String> redrive(String name, List<String> ids) {
        return bulkOperations.redrive(name, ids);
    }

    /**
     * Moves all dead letters back into the queue.
     *
     * @param messagesPerSecond 1 to 10000; empty = no limit
     * @throws QueueException QUEUE_CONFLICT while another redrive runs
     */
    public BulkOperations.Progress redriveAll(String name, OptionalInt messagesPerSecond) {
        return bulkOperations.redriveAll(name, messagesPerSecond);
    }

    /** @throws QueueException MESSAGE_NOT_FOUND */
    public void deleteDeadLetter(String name, String id) {
        bulkOperations.deleteDeadLetter(name, id);
    }

    /** Removes all dead letters of the queue's own list. */
    public BulkOperations.Progress deleteDeadLetters(String name) {
        return bulkOperations.deleteDeadLetters(name);
    }
}
