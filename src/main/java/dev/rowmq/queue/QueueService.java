package dev.rowmq.queue;

import dev.rowmq.model.Page;
import dev.rowmq.model.Upserted;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.PublishResult;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.model.fanout.Topic;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.message.SendContext;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.message.SettleResult;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.catalog.TopicAdmin;
import dev.rowmq.queue.delivery.MessageExpiry;
import dev.rowmq.queue.delivery.MessageReceiver;
import dev.rowmq.queue.delivery.MessageSettler;
import dev.rowmq.queue.delivery.ReceiptCodec;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.durable.MessageQueries;
import dev.rowmq.queue.durable.PartitionQueries;
import dev.rowmq.queue.memory.MemoryStorage;
import dev.rowmq.queue.send.MessageSender;
import dev.rowmq.queue.send.TopicPublisher;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.queue.storage.StorageSelector;
import dev.rowmq.queue.stream.StreamRelay;
import dev.rowmq.queue.stream.StreamSubscriber;
import dev.rowmq.queue.stream.StreamSubscribers;
import dev.rowmq.store.cluster.QueueReplicator;
import dev.rowmq.store.memory.InMemoryMessageStore;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
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

    private final QueueAdmin queues;
    private final QueueDirectory known;
    private final MessageSender messageSender;
    private final MessageReceiver messageReceiver;
    private final MessageSettler messageSettler;
    private final StorageSelector storages;
    private final MemoryStorage inMemory;
    private final InMemoryMessageStore memoryStore;
    private final BulkOperations bulkOperations;
    private final WaitingReceivers waitingReceivers;
    private final ReceiptCodec receipts;
    private final PartitionQueries partitionQueries;
    private final QueueReplicator copies;
    private final TopicAdmin topics;
    private final TopicPublisher topicPublisher;
    private final StreamRelay streamRelay;
    private final StreamSubscribers streams;
    private final MessageExpiry expiry;

    QueueService(
            QueueAdmin queues,
            QueueDirectory known,
            MessageSender messageSender,
            MessageReceiver messageReceiver,
            MessageSettler messageSettler,
            StorageSelector storages,
            MemoryStorage inMemory,
            InMemoryMessageStore memoryStore,
            BulkOperations bulkOperations,
            WaitingReceivers waitingReceivers,
            ReceiptCodec receipts,
            PartitionQueries partitionQueries,
            QueueReplicator copies,
            TopicAdmin topics,
            TopicPublisher topicPublisher,
            StreamRelay streamRelay,
            StreamSubscribers streams,
            MessageExpiry expiry) {
        this.expiry = expiry;
        this.queues = queues;
        this.known = known;
        this.messageSender = messageSender;
        this.messageReceiver = messageReceiver;
        this.messageSettler = messageSettler;
        this.storages = storages;
        this.inMemory = inMemory;
        this.memoryStore = memoryStore;
        this.bulkOperations = bulkOperations;
        this.waitingReceivers = waitingReceivers;
        this.receipts = receipts;
        this.partitionQueries = partitionQueries;
        this.copies = copies;
        this.topics = topics;
        this.topicPublisher = topicPublisher;
        this.streamRelay = streamRelay;
        this.streams = streams;
    }

    /**
     * Makes a queue or changes its settings.
     *
     * @param change from the settings as they are (of a new queue: the defaults) to those wished for
     * @throws QueueException OUT_OF_RANGE, INVALID_REDRIVE, QUEUE_CONFLICT
     */
    public Upserted<Queue> put(String name, UnaryOperator<QueueSettings> change) {
        Upserted<Queue> put = queues.put(name, change);
        copies.bringUpToDate();
        if (put.value().inMemory()) {
            inMemory.follow(put.value());
        }
        known.remember(put.value());
        return put;
    }

    /**
     * A part of the queues in the order of their names, each with its figures but the oldest age.
     *
     * @param limit 1 to 1000
     */
    public Page<Measured> list(int limit, Optional<String> cursor) {
        Map<Integer, QueueCounts> counts = partitionQueries.counts();
        return paged("queues", limit, cursor, (most, after) -> byName(queues.all(), Queue::name, most, after))
                .map(queue -> new Measured(
                        queue,
                        new QueueStats(
                                counts.getOrDefault(queue.id(), QueueCounts.ZERO).plus(memoryStore.counts(queue.id())),
                                Optional.empty())));
    }

    /** All queues in the order of their names, each with its figures but the oldest age. */
    public List<Measured> all() {
        Map<Integer, QueueCounts> counts = partitionQueries.counts();
        return queues.all().stream()
                .map(queue -> new Measured(
                        queue,
                        new QueueStats(
                                counts.getOrDefault(queue.id(), QueueCounts.ZERO).plus(memoryStore.counts(queue.id())),
                                Optional.empty())))
                .toList();
    }

    /** As {@link #get}, of a moment ago and without changing anything: for figures that are read again and again. */
    public Measured glance(String name) {
        Queue queue = known.get(name);
        QueueStorage contents = contents(queue);
        return new Measured(queue, new QueueStats(contents.counts(queue), contents.oldestAge(queue)));
    }

    public Measured get(String name) {
        Queue queue = known.get(name);
        QueueStorage contents = contents(queue);
        QueueCounts counts = contents.counts(queue);
        if (!queue.inMemory() && counts.get(QueueCounter.READY) > 0 && expiry.expireNow(queue) > 0) {
            counts = contents.counts(queue);
        }
        return new Measured(queue, new QueueStats(counts, contents.oldestAge(queue)));
    }

    /**
     * The name is free at once.
     *
     * @throws QueueException QUEUE_CONFLICT while it takes another queue's dead letters
     */
    public void delete(String name) {
        Queue deleted = queues.delete(name);
        copies.bringUpToDate();
        known.forget(name);
        waitingReceivers.arrived(deleted.id(), Integer.MAX_VALUE, true);
        streams.end(deleted.id());
        memoryStore.drop(deleted.id());
    }

    /**
     * Removes every message that was sent before, whatever its state. Dead letters stay.
     *
     * @throws QueueException QUEUE_CONFLICT while another purge of the queue runs
     */
    public BulkOperations.Progress purge(String name) {
        return bulkOperations.purge(known.get(name));
    }

    /** Receivers get nothing until {@link #resume}; sends go on. */
    public Queue pause(String name) {
        return known.remember(queues.pause(name, true));
    }

    public Queue resume(String name) {
        Queue queue = known.remember(queues.pause(name, false));
        waitingReceivers.arrived(queue.id(), Integer.MAX_VALUE, true);
        return queue;
    }

    /**
     * Stores messages durably, each judged alone. Returns one result per message, in order.
     *
     * @throws QueueException for what concerns all
     */
    public List<SendResult> send(String name, List<NewMessage> messages, SendContext sender) {
        return messageSender.send(name, messages, sender);
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
        return messageReceiver.receive(name, OptionalInt.empty(), wanted, max, wait, visibilityTimeout);
    }

    /**
     * Undoes a receive whose deliveries reached no client: the messages are ready again at once, and it counts as no
     * delivery.
     */
    public void takeBack(String name, List<Delivery> deliveries) {
        messageSettler.takeBack(name, deliveries.stream().map(Delivery::receipt).toList());
    }

    /**
     * As {@link #receive(String, BooleanSupplier, int, Duration, Optional)}, for a subscription.
     *
     * @param wanted asked before each look: once it says no, nothing more is taken
     * @throws QueueException QUEUE_NOT_FOUND when its queue is another one by now
     */
    public List<Delivery> receive(
            Subscription subscription, BooleanSupplier wanted, int max, Duration wait, Duration visibilityTimeout) {
        return messageReceiver.receive(
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
        return messageSettler.ack(name, receiptTexts);
    }

    /**
     * Not done: the messages come back, or become dead letters when this was the last allowed delivery.
     *
     * @param delay 0s to 365d; empty = as the queue's retry policy says
     * @param error kept with the message, up to 1000 characters
     */
    public List<SettleResult> nack(
            String name, List<String> receiptTexts, Optional<Duration> delay, Optional<String> error) {
        return messageSettler.nack(name, receiptTexts, delay, error);
    }

    /**
     * More time: the leases end that long from now, but at most 12 hours after the receive.
     *
     * @param visibilityTimeout 0s to 12h; empty = the queue's
     */
    public List<SettleResult> extend(String name, List<String> receiptTexts, Optional<Duration> visibilityTimeout) {
        return messageSettler.extend(name, receiptTexts, visibilityTimeout);
    }

    /**
     * Dealt with, as whoever delivers by itself says: the messages are acked and their ids recorded as processed by one
     * transaction. An id is also recorded where the lease was lost meanwhile, so that the next delivery can be spared.
     */
    public List<SettleResult> complete(String name, List<Delivery> deliveries) {
        return messageSettler.complete(name, deliveries);
    }

    /**
     * A nack by whoever delivers by itself: it rests as the queue's retry policy says, or 1 s, 2 s, 4 s ... 15 min
     * where that has no rests.
     *
     * @param atLeast the shortest rest, 0s to 365d
     * @param error   kept with the message, up to 1000 characters
     */
    public List<SettleResult> giveBack(String name, List<String> receiptTexts, Duration atLeast, String error) {
        return messageSettler.giveBack(name, receiptTexts, atLeast, error);
    }

    /** Those of the deliveries whose messages are recorded as processed. */
    public List<Delivery> processedAmong(String name, List<Delivery> deliveries) {
        return messageSettler.processedAmong(name, deliveries);
    }

    /**
     * A part of the messages in one state.
     *
     * @param limit 1 to 1000
     */
    public Page<MessageView> peek(String name, MessageView.State state, int limit, Optional<String> cursor) {
        Queue queue = known.get(name);
        return paged("peek " + queue.id() + " " + state, limit, cursor,
                (most, after) -> contents(queue).peek(queue, state, most, after));
    }

    /** @throws QueueException MESSAGE_NOT_FOUND */
    public MessageView message(String name, String id) {
        Queue queue = known.get(name);
        return contents(queue).message(queue, id).orElseThrow(() -> MessageQueries.notFound(queue, id, "message"));
    }

    /**
     * @throws QueueException MESSAGE_NOT_FOUND when no message with this producer's id was acked, or it is forgotten
     */
    public ProcessedId processed(String name, String id) {
        Queue queue = known.get(name);
        return contents(queue)
                .processed(queue, id)
                .orElseThrow(() -> MessageQueries.notFound(queue, id, "processed message"));
    }

    /**
     * A part of the queue's own dead letters, in the order of sending.
     *
     * @param limit 1 to 1000
     */
    public Page<DeadLetter> deadLetters(String name, int limit, Optional<String> cursor) {
        Queue queue = known.get(name);
        return paged("dead " + queue.id(), limit, cursor,
                (most, after) -> contents(queue).deadLetters(queue, most, after));
    }

    /** @throws QueueException MESSAGE_NOT_FOUND */
    public DeadLetter deadLetter(String name, String id) {
        Queue queue = known.get(name);
        return contents(queue)
                .deadLetter(queue, id)
                .orElseThrow(() -> MessageQueries.notFound(queue, id, "dead letter"));
    }

    /** Puts dead letters back into the queue as if never delivered. Returns the ids that were found. */
    public List<String> redrive(String name, List<String> ids) {
        Queue queue = known.get(name);
        List<String> redriven = contents(queue).redrive(queue, ids);
        if (!redriven.isEmpty()) {
            waitingReceivers.arrived(queue.id(), redriven.size(), true);
        }
        return redriven;
    }

    /**
     * Puts all dead letters back.
     *
     * @param messagesPerSecond 1 to 10000; empty = as fast as it goes
     * @throws QueueException QUEUE_CONFLICT while another redrive runs
     */
    public BulkOperations.Progress redriveAll(String name, OptionalInt messagesPerSecond) {
        return bulkOperations.redriveAll(known.get(name), messagesPerSecond);
    }

    /** @throws QueueException MESSAGE_NOT_FOUND */
    public void deleteDeadLetter(String name, String id) {
        Queue queue = known.get(name);
        if (!contents(queue).deleteDeadLetter(queue, id)) {
            throw MessageQueries.notFound(queue, id, "dead letter");
        }
    }

    /** Removes all dead letters of the queue's own list. */
    public BulkOperations.Progress deleteDeadLetters(String name) {
        return bulkOperations.deleteDeadLetters(known.get(name));
    }

    /**
     * Begins to watch a queue: whoever is sent a message from when this returns, the subscriber is offered a copy. To
     * be closed.
     *
     * @throws QueueException OVERLOADED when too many watch already
     */
    public StreamSubscriber subscribe(String name) {
        return streamRelay.join(known.get(name));
    }

    /** Tells what was sent behind that position and is still in the queue, in the order of sending. */
    public void replay(String name, StreamSubscriber subscriber, long behind, Consumer<StreamedMessage> reader) {
        streams.replay(known.get(name), subscriber, behind, reader);
    }

    /** Whether the queue that the subscriber watches is still there, as far as can be told now. */
    public boolean watchable(String name, StreamSubscriber subscriber) {
        try {
            return known.find(name).filter(queue -> queue.id() == subscriber.queueId()).isPresent();
        } catch (QueueException databaseAway) {
            return true;
        }
    }

    /**
     * Makes a topic or changes what is bound to it.
     *
     * @param change from the bindings as they are (of a new topic: none) to those wished for
     * @throws QueueException INVALID_TOPIC_NAME, INVALID_REQUEST, OUT_OF_RANGE
     */
    public Upserted<Topic> putTopic(String name, UnaryOperator<List<Topic.Binding>> change) {
        Upserted<Topic> put = topics.put(name, change);
        topicPublisher.remember(put.value());
        return put;
    }

    /**
     * A part of the topics in the order of their names.
     *
     * @param limit 1 to 1000
     */
    public Page<Topic> topics(int limit, Optional<String> cursor) {
        return paged("topics", limit, cursor, (most, after) -> byName(topics.all(), Topic::name, most, after));
    }

    /** @throws QueueException TOPIC_NOT_FOUND, INVALID_TOPIC_NAME */
    public Topic topic(String name) {
        return topics.find(name).orElseThrow(() -> TopicAdmin.notFound(name));
    }

    /**
     * What was sent to it stays in the queues.
     *
     * @throws QueueException TOPIC_NOT_FOUND, INVALID_TOPIC_NAME
     */
    public void deleteTopic(String name) {
        topics.delete(name);
        topicPublisher.forget(name);
    }

    /**
     * Stores a copy of the message in each bound queue that takes it, all by one transaction.
     *
     * @throws QueueException TOPIC_NOT_FOUND, INVALID_TOPIC_NAME
     */
    public List<PublishResult> publish(String topicName, NewMessage message, SendContext sender) {
        return topicPublisher.publish(topicName, message, sender);
    }

    private QueueStorage contents(Queue queue) {
        return storages.contents(queue);
    }

    /** Which partitions answer, as far as is known; one of one is asked each time it is used. */
    public Map<Integer, Boolean> partitions() {
        return partitionQueries.states();
    }

    /** Why the service should get no requests, in the database's own words; empty = it can work. */
    public Optional<String> storeProblem() {
        return partitionQueries.problem();
    }

    /** The page of a whole list that is in the order of its names. */
    private static <T> Page<T> byName(List<T> all, Function<T, String> name, int limit, Optional<String> after) {
        List<T> rest = all.stream()
                .filter(one -> name.apply(one).compareTo(after.orElse("")) > 0)
                .sorted(Comparator.comparing(name))
                .toList();
        List<T> items = rest.stream().limit(limit).toList();
        return new Page<>(items, rest.size() > limit ? Optional.of(name.apply(items.getLast())) : Optional.empty());
    }

    private <T> Page<T> paged(
            String purpose, int limit, Optional<String> cursor, BiFunction<Integer, Optional<String>, Page<T>> read) {
        Page<T> page = read.apply(limit, cursor.map(text -> opened(purpose, text)));
        return new Page<>(page.items(), page.next().map(next -> sealed(purpose, next)));
    }

    private String sealed(String purpose, String position) {
        return receipts.sealed(purpose, position.getBytes(StandardCharsets.UTF_8));
    }

    private String opened(String purpose, String cursor) {
        return receipts.open(purpose, cursor)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .orElseThrow(() -> new QueueException(
                        ErrorCode.INVALID_REQUEST,
                        "cursor",
                        "the cursor is not one that this list gave out; begin again without one"));
    }
}
