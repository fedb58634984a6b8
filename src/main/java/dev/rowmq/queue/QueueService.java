package dev.rowmq.queue;

import dev.rowmq.model.Page;
import dev.rowmq.model.Put;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.Refusal;
import dev.rowmq.model.fanout.Copy;
import dev.rowmq.model.fanout.Published;
import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.model.fanout.Topic;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.Processed;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.message.Sender;
import dev.rowmq.model.message.SettleResult;
import dev.rowmq.model.queue.Counts;
import dev.rowmq.model.queue.Figure;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.QueueStats;
import dev.rowmq.queue.catalog.KnownQueues;
import dev.rowmq.queue.catalog.Queues;
import dev.rowmq.queue.catalog.Topics;
import dev.rowmq.queue.delivery.Expiry;
import dev.rowmq.queue.delivery.Receipts;
import dev.rowmq.queue.delivery.Receiving;
import dev.rowmq.queue.delivery.Settling;
import dev.rowmq.queue.delivery.WaitingRoom;
import dev.rowmq.queue.durable.Everywhere;
import dev.rowmq.queue.durable.Looking;
import dev.rowmq.queue.memory.MemoryContents;
import dev.rowmq.queue.send.Publishing;
import dev.rowmq.queue.send.Sending;
import dev.rowmq.queue.storage.Contents;
import dev.rowmq.queue.storage.WhereKept;
import dev.rowmq.queue.stream.Broadcast;
import dev.rowmq.queue.stream.Streams;
import dev.rowmq.queue.stream.Subscriber;
import dev.rowmq.store.cluster.QueueCopies;
import dev.rowmq.store.memory.MemoryStore;

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
 * {@link Refusal} INVALID_QUEUE_NAME or QUEUE_NOT_FOUND; any may throw STORE_UNAVAILABLE, those that change something
 * OVERLOADED and OUTCOME_UNKNOWN as well.
 */
@Service
public class QueueService {

    /** A queue with its figures. */
    public record Measured(Queue queue, QueueStats stats) {}

    private final Queues queues;
    private final KnownQueues known;
    private final Sending sending;
    private final Receiving receiving;
    private final Settling settling;
    private final WhereKept kept;
    private final MemoryContents inMemory;
    private final MemoryStore memoryStore;
    private final LongTasks longTasks;
    private final WaitingRoom waitingRoom;
    private final Receipts receipts;
    private final Everywhere everywhere;
    private final QueueCopies copies;
    private final Topics topics;
    private final Publishing publishing;
    private final Broadcast broadcast;
    private final Streams streams;
    private final Expiry expiry;

    QueueService(
            Queues queues,
            KnownQueues known,
            Sending sending,
            Receiving receiving,
            Settling settling,
            WhereKept kept,
            MemoryContents inMemory,
            MemoryStore memoryStore,
            LongTasks longTasks,
            WaitingRoom waitingRoom,
            Receipts receipts,
            Everywhere everywhere,
            QueueCopies copies,
            Topics topics,
            Publishing publishing,
            Broadcast broadcast,
            Streams streams,
            Expiry expiry) {
        this.expiry = expiry;
        this.queues = queues;
        this.known = known;
        this.sending = sending;
        this.receiving = receiving;
        this.settling = settling;
        this.kept = kept;
        this.inMemory = inMemory;
        this.memoryStore = memoryStore;
        this.longTasks = longTasks;
        this.waitingRoom = waitingRoom;
        this.receipts = receipts;
        this.everywhere = everywhere;
        this.copies = copies;
        this.topics = topics;
        this.publishing = publishing;
        this.broadcast = broadcast;
        this.streams = streams;
    }

    /**
     * Makes a queue or changes its settings.
     *
     * @param change from the settings as they are (of a new queue: the defaults) to those wished for
     * @throws Refusal OUT_OF_RANGE, INVALID_REDRIVE, QUEUE_CONFLICT
     */
    public Put<Queue> put(String name, UnaryOperator<QueueSettings> change) {
        Put<Queue> put = queues.put(name, change);
        copies.bringUpToDate();
        if (put.value().inMemory()) {
            inMemory.follow(put.value());
        }
        known.remember(put.value());
        return put;
    }

    /** A part of the queues in the order of their names, each with its figures but the oldest age. @param limit 1 to 1000 */
    public Page<Measured> list(int limit, Optional<String> cursor) {
        Map<Integer, Counts> counts = everywhere.counts();
        return paged("queues", limit, cursor, (most, after) -> byName(queues.all(), Queue::name, most, after))
                .map(queue -> new Measured(
                        queue,
                        new QueueStats(
                                counts.getOrDefault(queue.id(), Counts.ZERO).plus(memoryStore.counts(queue.id())),
                                Optional.empty())));
    }

    /** All queues in the order of their names, each with its figures but the oldest age. */
    public List<Measured> all() {
        Map<Integer, Counts> counts = everywhere.counts();
        return queues.all().stream()
                .map(queue -> new Measured(
                        queue,
                        new QueueStats(
                                counts.getOrDefault(queue.id(), Counts.ZERO).plus(memoryStore.counts(queue.id())),
                                Optional.empty())))
                .toList();
    }

    /** As {@link #get}, of a moment ago and without changing anything: for figures that are read again and again. */
    public Measured glance(String name) {
        Queue queue = known.get(name);
        Contents contents = contents(queue);
        return new Measured(queue, new QueueStats(contents.counts(queue), contents.oldestAge(queue)));
    }

    public Measured get(String name) {
        Queue queue = known.get(name);
        Contents contents = contents(queue);
        Counts counts = contents.counts(queue);
        if (!queue.inMemory() && counts.get(Figure.READY) > 0 && expiry.expireNow(queue) > 0) {
            counts = contents.counts(queue);
        }
        return new Measured(queue, new QueueStats(counts, contents.oldestAge(queue)));
    }

    /** The name is free at once. @throws Refusal QUEUE_CONFLICT while it takes another queue's dead letters */
    public void delete(String name) {
        Queue deleted = queues.delete(name);
        copies.bringUpToDate();
        known.forget(name);
        waitingRoom.arrived(deleted.id(), Integer.MAX_VALUE, true);
        streams.end(deleted.id());
        memoryStore.drop(deleted.id());
    }

    /** Removes every message that was sent before, whatever its state. Dead letters stay. @throws Refusal QUEUE_CONFLICT while another purge of the queue runs */
    public LongTasks.Progress purge(String name) {
        return longTasks.purge(known.get(name));
    }

    /** Receivers get nothing until {@link #resume}; sends go on. */
    public Queue pause(String name) {
        return known.remember(queues.pause(name, true));
    }

    public Queue resume(String name) {
        Queue queue = known.remember(queues.pause(name, false));
        waitingRoom.arrived(queue.id(), Integer.MAX_VALUE, true);
        return queue;
    }

    /** Stores messages durably, each judged alone. Returns one result per message, in order. @throws Refusal for what concerns all */
    public List<SendResult> send(String name, List<NewMessage> messages, Sender sender) {
        return sending.send(name, messages, sender);
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
        return receiving.receive(name, OptionalInt.empty(), wanted, max, wait, visibilityTimeout);
    }

    /**
     * Undoes a receive whose deliveries reached no client: the messages are ready again at once, and it counts as no
     * delivery.
     */
    public void takeBack(String name, List<Delivery> deliveries) {
        settling.takeBack(name, deliveries.stream().map(Delivery::receipt).toList());
    }

    /**
     * As {@link #receive(String, BooleanSupplier, int, Duration, Optional)}, for a subscription.
     *
     * @param wanted asked before each look: once it says no, nothing more is taken
     * @throws Refusal QUEUE_NOT_FOUND when its queue is another one by now
     */
    public List<Delivery> receive(
            Subscription subscription, BooleanSupplier wanted, int max, Duration wait, Duration visibilityTimeout) {
        return receiving.receive(
                subscription.queue(),
                OptionalInt.of(subscription.queueId()),
                wanted,
                max,
                wait,
                Optional.of(visibilityTimeout));
    }

    /** Done: the messages never come back. @param receiptTexts 1 to 1000; the results are in the same order */
    public List<SettleResult> ack(String name, List<String> receiptTexts) {
        return settling.ack(name, receiptTexts);
    }

    /**
     * Not done: the messages come back, or become dead letters when this was the last allowed delivery.
     *
     * @param delay 0s to 365d; empty = as the queue's retry policy says
     * @param error kept with the message, up to 1000 characters
     */
    public List<SettleResult> nack(
            String name, List<String> receiptTexts, Optional<Duration> delay, Optional<String> error) {
        return settling.nack(name, receiptTexts, delay, error);
    }

    /** More time: the leases end that long from now, but at most 12 hours after the receive. @param visibilityTimeout 0s to 12h; empty = the queue's */
    public List<SettleResult> extend(String name, List<String> receiptTexts, Optional<Duration> visibilityTimeout) {
        return settling.extend(name, receiptTexts, visibilityTimeout);
    }

    /**
     * Dealt with, as whoever delivers by itself says: the messages are acked and their ids recorded as processed by one
     * transaction. An id is also recorded where the lease was lost meanwhile, so that the next delivery can be spared.
     */
    public List<SettleResult> complete(String name, List<Delivery> deliveries) {
        return settling.complete(name, deliveries);
    }

    /**
     * A nack by whoever delivers by itself: it rests as the queue's retry policy says, or 1 s, 2 s, 4 s ... 15 min where that
     * has no rests.
     *
     * @param atLeast the shortest rest, 0s to 365d
     * @param error   kept with the message, up to 1000 characters
     */
    public List<SettleResult> giveBack(String name, List<String> receiptTexts, Duration atLeast, String error) {
        return settling.giveBack(name, receiptTexts, atLeast, error);
    }

    /** Those of the deliveries whose messages are recorded as processed. */
    public List<Delivery> processedAmong(String name, List<Delivery> deliveries) {
        return settling.processedAmong(name, deliveries);
    }

    /** A part of the messages in one state. @param limit 1 to 1000 */
    public Page<MessageView> peek(String name, MessageView.State state, int limit, Optional<String> cursor) {
        Queue queue = known.get(name);
        return paged("peek " + queue.id() + " " + state, limit, cursor,
                (most, after) -> contents(queue).peek(queue, state, most, after));
    }

    /** @throws Refusal MESSAGE_NOT_FOUND */
    public MessageView message(String name, String id) {
        Queue queue = known.get(name);
        return contents(queue).message(queue, id).orElseThrow(() -> Looking.notFound(queue, id, "message"));
    }

    /** @throws Refusal MESSAGE_NOT_FOUND when no message with this producer's id was acked, or it is forgotten */
    public Processed processed(String name, String id) {
        Queue queue = known.get(name);
        return contents(queue).processed(queue, id).orElseThrow(() -> Looking.notFound(queue, id, "processed message"));
    }

    /** A part of the queue's own dead letters, in the order of sending. @param limit 1 to 1000 */
    public Page<DeadLetter> deadLetters(String name, int limit, Optional<String> cursor) {
        Queue queue = known.get(name);
        return paged("dead " + queue.id(), limit, cursor,
                (most, after) -> contents(queue).deadLetters(queue, most, after));
    }

    /** @throws Refusal MESSAGE_NOT_FOUND */
    public DeadLetter deadLetter(String name, String id) {
        Queue queue = known.get(name);
        return contents(queue).deadLetter(queue, id).orElseThrow(() -> Looking.notFound(queue, id, "dead letter"));
    }

    /** Puts dead letters back into the queue as if never delivered. Returns the ids that were found. */
    public List<String> redrive(String name, List<String> ids) {
        Queue queue = known.get(name);
        List<String> redriven = contents(queue).redrive(queue, ids);
        if (!redriven.isEmpty()) {
            waitingRoom.arrived(queue.id(), redriven.size(), true);
        }
        return redriven;
    }

    /** Puts all dead letters back. @param messagesPerSecond 1 to 10000; empty = as fast as it goes @throws Refusal QUEUE_CONFLICT while another redrive runs */
    public LongTasks.Progress redriveAll(String name, OptionalInt messagesPerSecond) {
        return longTasks.redriveAll(known.get(name), messagesPerSecond);
    }

    /** @throws Refusal MESSAGE_NOT_FOUND */
    public void deleteDeadLetter(String name, String id) {
        Queue queue = known.get(name);
        if (!contents(queue).deleteDeadLetter(queue, id)) {
            throw Looking.notFound(queue, id, "dead letter");
        }
    }

    /** Removes all dead letters of the queue's own list. */
    public LongTasks.Progress deleteDeadLetters(String name) {
        return longTasks.deleteDeadLetters(known.get(name));
    }

    /**
     * Begins to watch a queue: whoever is sent a message from when this returns, the subscriber is offered a copy. To be closed.
     *
     * @throws Refusal OVERLOADED when too many watch already
     */
    public Subscriber subscribe(String name) {
        return broadcast.join(known.get(name));
    }

    /** Tells what was sent behind that position and is still in the queue, in the order of sending. */
    public void replay(String name, Subscriber subscriber, long behind, Consumer<Copy> reader) {
        streams.replay(known.get(name), subscriber, behind, reader);
    }

    /** Whether the queue that the subscriber watches is still there, as far as can be told now. */
    public boolean watchable(String name, Subscriber subscriber) {
        try {
            return known.find(name).filter(queue -> queue.id() == subscriber.queueId()).isPresent();
        } catch (Refusal databaseAway) {
            return true;
        }
    }

    /**
     * Makes a topic or changes what is bound to it.
     *
     * @param change from the bindings as they are (of a new topic: none) to those wished for
     * @throws Refusal INVALID_TOPIC_NAME, INVALID_REQUEST, OUT_OF_RANGE
     */
    public Put<Topic> putTopic(String name, UnaryOperator<List<Topic.Binding>> change) {
        Put<Topic> put = topics.put(name, change);
        publishing.remember(put.value());
        return put;
    }

    /** A part of the topics in the order of their names. @param limit 1 to 1000 */
    public Page<Topic> topics(int limit, Optional<String> cursor) {
        return paged("topics", limit, cursor, (most, after) -> byName(topics.all(), Topic::name, most, after));
    }

    /** @throws Refusal TOPIC_NOT_FOUND, INVALID_TOPIC_NAME */
    public Topic topic(String name) {
        return topics.find(name).orElseThrow(() -> Topics.notFound(name));
    }

    /** What was sent to it stays in the queues. @throws Refusal TOPIC_NOT_FOUND, INVALID_TOPIC_NAME */
    public void deleteTopic(String name) {
        topics.delete(name);
        publishing.forget(name);
    }

    /** Stores a copy of the message in each bound queue that takes it, all by one transaction. @throws Refusal TOPIC_NOT_FOUND, INVALID_TOPIC_NAME */
    public List<Published> publish(String topicName, NewMessage message, Sender sender) {
        return publishing.publish(topicName, message, sender);
    }

    private Contents contents(Queue queue) {
        return kept.contents(queue);
    }

    /** Which partitions answer, as far as is known; one of one is asked each time it is used. */
    public Map<Integer, Boolean> partitions() {
        return everywhere.states();
    }

    /** Why the service should get no requests, in the database's own words; empty = it can work. */
    public Optional<String> storeProblem() {
        return everywhere.problem();
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
                .orElseThrow(() -> new Refusal(
                        ErrorCode.INVALID_REQUEST,
                        "cursor",
                        "the cursor is not one that this list gave out; begin again without one"));
    }
}
