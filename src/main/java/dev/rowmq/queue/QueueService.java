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
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

import org.springframework.stereotype.Service;

/**
 * Everything that can be done with queues: the one door for every way in. Where a queue is named, each method throws
 * {@link QueueException} INVALID_QUEUE_NAME or QUEUE_NOT_FOUND; any may throw STORE_UNAVAILABLE, those that change
 * something OVERLOADED and OUTCOME_UNKNOWN as well.
 */
@Service
public class QueueService {

    /** A queue with its figures. */
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
     * Makes a queue or changes its settings.
     *
     * @param change from the settings as they are (of a new queue: the defaults) to those wished for
     * @throws QueueException OUT_OF_RANGE, INVALID_REDRIVE, QUEUE_CONFLICT
     */
    public Upserted<Queue> put(String name, UnaryOperator<QueueSettings> change) {
        return lifecycle.put(name, change);
    }

    /**
     * A part of the queues in the order of their names, each with its figures but the oldest age.
     *
     * @param limit 1 to 1000
     */
    public Page<Measured> list(int limit, Optional<String> cursor) {
        return reader.list(limit, cursor);
    }

    /** All queues in the order of their names, each with its figures but the oldest age. */
    public List<Measured> all() {
        return reader.all();
    }

    /** As {@link #get}, of a moment ago and without changing anything: for figures that are read again and again. */
    public Measured glance(String name) {
        return reader.glance(name);
    }

    public Measured get(String name) {
        return reader.get(name);
    }

    /**
     * The name is free at once.
     *
     * @throws QueueException QUEUE_CONFLICT while it takes another queue's dead letters
     */
    public void delete(String name) {
        lifecycle.delete(name);
    }

    /**
     * Removes every message that was sent before, whatever its state. Dead letters stay.
     *
     * @throws QueueException QUEUE_CONFLICT while another purge of the queue runs
     */
    public BulkOperations.Progress purge(String name) {
        return bulkOperations.purge(name);
    }

    /** Receivers get nothing until {@link #resume}; sends go on. */
    public Queue pause(String name) {
        return lifecycle.pause(name);
    }

    public Queue resume(String name) {
        return lifecycle.resume(name);
    }

    /**
     * Stores messages durably, each judged alone. Returns one result per message, in order.
     *
     * @throws QueueException for what concerns all
     */
    public List<SendResult> send(String name, List<NewMessage> messages, SendContext context) {
        return sender.send(name, messages, context);
    }

    /**
     * Leases messages.
     *
     * @param wanted            asked before each look: once it says no, nothing more is taken. Unparking the caller's
     *                          thread has it asked at once
     * @param max               1 to 1000
     * @param wait              how long to wait for the first one, 0s to 60s
     * @param visibilityTimeout how long the leases last, 0s to 12h; empty = as the queue says
     */
    public List<Delivery> receive(
            String name, BooleanSupplier wanted, int max, Duration wait, Optional<Duration> visibilityTimeout) {
        return receiver.receive(name, OptionalInt.empty(), wanted, max, wait, visibilityTimeout);
    }

    /**
     * Undoes a receive whose deliveries reached no client: the messages are ready again at once, and it counts as no
     * delivery.
     */
    public void takeBack(String name, List<Delivery> deliveries) {
        settler.takeBack(name, deliveries.stream().map(Delivery::receipt).toList());
    }

    /**
     * As {@link #receive(String, BooleanSupplier, int, Duration, Optional)}, for a subscription.
     *
     * @param wanted asked before each look: once it says no, nothing more is taken
     * @throws QueueException QUEUE_NOT_FOUND when its queue is another one by now
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
     * Done: the messages never come back.
     *
     * @param receiptTexts 1 to 1000; the results are in the same order
     */
    public List<SettleResult> ack(String name, List<String> receiptTexts) {
        return settler.ack(name, receiptTexts);
    }

    /**
     * Not done: the messages come back, or become dead letters when this was the last allowed delivery.
     *
     * @param delay 0s to 365d; empty = as the queue's retry policy says
     * @param error kept with the message, up to 1000 characters
     */
    public List<SettleResult> nack(
            String name, List<String> receiptTexts, Optional<Duration> delay, Optional<String> error) {
        return settler.nack(name, receiptTexts, delay, error);
    }

    /**
     * More time: the leases end that long from now, but at most 12 hours after the receive.
     *
     * @param visibilityTimeout 0s to 12h; empty = the queue's
     */
    public List<SettleResult> extend(String name, List<String> receiptTexts, Optional<Duration> visibilityTimeout) {
        return settler.extend(name, receiptTexts, visibilityTimeout);
    }

    /**
     * Dealt with, as whoever delivers by itself says: the messages are acked and their ids recorded as processed by one
     * transaction. An id is also recorded where the lease was lost meanwhile, so that the next delivery can be spared.
     */
    public List<SettleResult> complete(String name, List<Delivery> deliveries) {
        return settler.complete(name, deliveries);
    }

    /**
     * A nack by whoever delivers by itself: it rests as the queue's retry policy says, or 1 s, 2 s, 4 s ... 15 min
     * where that has no rests.
     *
     * @param atLeast the shortest rest, 0s to 365d
     * @param error   kept with the message, up to 1000 characters
     */
    public List<SettleResult> giveBack(String name, List<String> receiptTexts, Duration atLeast, String error) {
        return settler.giveBack(name, receiptTexts, atLeast, error);
    }

    /** Those of the deliveries whose messages are recorded as processed. */
    public List<Delivery> processedAmong(String name, List<Delivery> deliveries) {
        return settler.processedAmong(name, deliveries);
    }

    /**
     * A part of the messages in one state.
     *
     * @param limit 1 to 1000
     */
    public Page<MessageView> peek(String name, MessageView.State state, int limit, Optional<String> cursor) {
        return reader.peek(name, state, limit, cursor);
    }

    /** @throws QueueException MESSAGE_NOT_FOUND */
    public MessageView message(String name, String id) {
        return reader.message(name, id);
    }

    /**
     * @throws QueueException MESSAGE_NOT_FOUND when no message with this producer's id was acked, or it is forgotten
     */
    public ProcessedId processed(String name, String id) {
        return reader.processed(name, id);
    }

    /**
     * A part of the queue's own dead letters, in the order of sending.
     *
     * @param limit 1 to 1000
     */
    public Page<DeadLetter> deadLetters(String name, int limit, Optional<String> cursor) {
        return reader.deadLetters(name, limit, cursor);
    }

    /** @throws QueueException MESSAGE_NOT_FOUND */
    public DeadLetter deadLetter(String name, String id) {
        return reader.deadLetter(name, id);
    }

    /** Puts dead letters back into the queue as if never delivered. Returns the ids that were found. */
    public List<String> redrive(String name, List<String> ids) {
        return bulkOperations.redrive(name, ids);
    }

    /**
     * Puts all dead letters back.
     *
     * @param messagesPerSecond 1 to 10000; empty = as fast as it goes
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

    /** Which partitions answer, as far as is known; one of one is asked each time it is used. */
    public Map<Integer, Boolean> partitions() {
        return reader.partitions();
    }

    /** Why the service should get no requests, in the database's own words; empty = it can work. */
    public Optional<String> storeProblem() {
        return reader.storeProblem();
    }
}
