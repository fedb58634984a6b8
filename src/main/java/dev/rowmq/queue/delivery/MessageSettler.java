package dev.rowmq.queue.delivery;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.MessageValidator;
import dev.rowmq.model.message.SettleResult;
import dev.rowmq.model.message.SettleResult.Status;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.RetryPolicy;
import dev.rowmq.queue.catalog.DeadLetterRouting;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.catalog.QueueProperties;
import dev.rowmq.queue.durable.GroupCommit;
import dev.rowmq.queue.durable.MessageQueries;
import dev.rowmq.queue.durable.PartitionedCommit;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.memory.InMemoryMessageStore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.springframework.stereotype.Component;

/** Ack, nack and extend: what a receipt says is enough to know what to do; whether it still counts, the row says. */
@Component
public class MessageSettler implements AutoCloseable {

    private static final int LONGEST_RECEIPT = 200;

    private final QueueDirectory queues;
    private final ReceiptCodec receipts;
    private final DeadLetterRouting deadLetterRouting;
    private final WaitingReceivers waitingReceivers;
    private final MessageQueries messageQueries;
    private final InMemoryMessageStore memory;
    private final Partitions partitions;
    private final PartitionedCommit<List<Settlement>, List<SettleOutcome>> lanes;

    MessageSettler(
            QueueDirectory queues,
            ReceiptCodec receipts,
            DeadLetterRouting deadLetterRouting,
            WaitingReceivers waitingReceivers,
            MessageQueries messageQueries,
            MessageStore store,
            InMemoryMessageStore memory,
            Partitions partitions,
            QueueProperties properties) {
        this.queues = queues;
        this.receipts = receipts;
        this.deadLetterRouting = deadLetterRouting;
        this.waitingReceivers = waitingReceivers;
        this.messageQueries = messageQueries;
        this.memory = memory;
        this.partitions = partitions;
        this.lanes = new PartitionedCommit<>(
                "settle",
                partitions,
                GroupCommit.Limits.of(properties, 1000),
                List::size,
                GroupCommit.joined(store::settle));
    }

    public List<SettleResult> ack(String queueName, List<String> texts) {
        Queue queue = queues.get(queueName);
        Duration retention = queue.settings().processedRetention();
        return settle(queue, texts, (text, receipt) -> new Settlement.Ack(receipt.key(), receipt.token(), retention));
    }

    /** An ack that also records the ids as processed, whatever became of the leases. */
    public List<SettleResult> complete(String queueName, List<Delivery> deliveries) {
        Queue queue = queues.get(queueName);
        Duration retention = queue.settings().processedRetention();
        Map<String, String> ids = deliveries.stream().collect(Collectors.toMap(Delivery::receipt, Delivery::id));
        return settle(
                queue,
                deliveries.stream().map(Delivery::receipt).toList(),
                (text, receipt) -> new Settlement.Complete(receipt.key(), receipt.token(), ids.get(text), retention));
    }

    /** Those whose messages are recorded as processed. */
    public List<Delivery> processedAmong(String queueName, List<Delivery> deliveries) {
        Queue queue = queues.get(queueName);
        Map<Long, Delivery> byPosition = new HashMap<>();
        for (Delivery delivery : deliveries) {
            receipts.read(delivery.receipt()).ifPresent(receipt -> byPosition.put(receipt.key().position(), delivery));
        }
        List<Delivery> processed = new ArrayList<>();
        byPosition.keySet().stream().collect(Collectors.groupingBy(Partitions::of)).forEach((partition, positions) -> {
            List<String> ids = positions.stream().map(position -> byPosition.get(position).id()).toList();
            Set<Long> known = queue.inMemory()
                    ? memory.processedPositions(queue.id(), ids)
                    : partitions.in(partition, () -> messageQueries.processedPositions(queue, ids));
            positions.stream().filter(known::contains).map(byPosition::get).forEach(processed::add);
        });
        return processed;
    }

    /**
     * A nack by the service itself, which rests also where the queue's retry policy has no rests.
     *
     * @param atLeast the shortest rest
     */
    public List<SettleResult> giveBack(String queueName, List<String> texts, Duration atLeast, String error) {
        Queue queue = queues.get(queueName);
        RetryPolicy policy = queue.settings().retry().initial().isZero() ? RetryPolicy.PUSH : queue.settings().retry();
        List<SettleResult> results = settle(queue, texts, (text, receipt) -> {
            Duration rest = policy.restAfter(receipt.deliveries());
            return nack(
                    queue, receipt, Optional.of(rest.compareTo(atLeast) < 0 ? atLeast : rest), Optional.of(error));
        });
        wake(queue, texts, results, Optional.of(atLeast.plusSeconds(1)));
        return results;
    }

    /** Ends leases that reached no client: the messages are ready, and the deliveries are not counted. */
    public void takeBack(String queueName, List<String> texts) {
        Queue queue = queues.get(queueName);
        settle(queue, texts, (text, receipt) -> new Settlement.TakeBack(receipt.key(), receipt.token()));
        waitingReceivers.arrived(queue.id(), texts.size(), true);
    }

    /** @param delay the rest before the next delivery; empty = as the queue's retry policy says */
    public List<SettleResult> nack(
            String queueName, List<String> texts, Optional<Duration> delay, Optional<String> error) {
        delay.ifPresent(rest -> RangeCheck.within("delay", rest, Duration.ZERO, QueueSettings.LONGEST_DELAY));
        MessageValidator.checkError(error);
        Queue queue = queues.get(queueName);
        List<SettleResult> results = settle(queue, texts, (text, receipt) -> nack(queue, receipt, delay, error));
        wake(queue, texts, results, delay);
        return results;
    }

    private Settlement nack(
            Queue queue, ReceiptCodec.Receipt receipt, Optional<Duration> delay, Optional<String> error) {
        return queue.settings().usedUp(receipt.deliveries())
                ? new Settlement.Bury(
                        receipt.key(),
                        receipt.token(),
                        DeadLetter.Reason.MAX_DELIVERIES,
                        error,
                        deadLetterRouting.of(queue))
                : new Settlement.Release(receipt.key(), receipt.token(), rest(queue, receipt, delay), error);
    }

    private static Duration rest(Queue queue, ReceiptCodec.Receipt receipt, Optional<Duration> delay) {
        return delay.orElseGet(() -> queue.settings().retry().restAfter(receipt.deliveries()));
    }

    private void wake(Queue queue, List<String> texts, List<SettleResult> results, Optional<Duration> delay) {
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i).status() == Status.NACKED) {
                Duration rest = rest(queue, receipts.read(texts.get(i)).orElseThrow(), delay);
                if (rest.toMillis() <= 1000) {
                    waitingReceivers.arriving(queue.id(), 1, rest);
                }
            } else if (results.get(i).status() == Status.DEAD) {
                queue.settings()
                        .deadLetterQueue()
                        .flatMap(queues::find)
                        .ifPresent(other -> waitingReceivers.arrived(other.id(), 1, false));
            }
        }
    }

    public List<SettleResult> extend(String queueName, List<String> texts, Optional<Duration> visibilityTimeout) {
        visibilityTimeout.ifPresent(
                timeout -> RangeCheck.within("visibilityTimeout", timeout, Duration.ZERO, QueueSettings.LONGEST_LEASE));
        Queue queue = queues.get(queueName);
        Duration timeout = visibilityTimeout.orElse(queue.settings().visibilityTimeout());
        List<SettleResult> results = settle(
                queue,
                texts,
                (text, receipt) -> new Settlement.Extend(
                        receipt.key(),
                        receipt.token(),
                        timeout,
                        timeout.isZero() ? Duration.ZERO : queue.settings().retry().restAfter(receipt.deliveries())));
        if (timeout.isZero()) {
            waitingReceivers.arrived(queue.id(), results.size(), true);
        }
        return results;
    }

    private List<SettleResult> settle(
            Queue queue, List<String> texts, BiFunction<String, ReceiptCodec.Receipt, Settlement> how) {
        RangeCheck.within("receipts.length", texts.size(), 1, MessageReceiver.MOST);
        // each comes back in the answer
        texts.forEach(text -> RangeCheck.within("receipt.length", text.length(), 0, LONGEST_RECEIPT));
        SettleResult[] results = new SettleResult[texts.size()];
        List<Settlement> settlements = new ArrayList<>();
        List<Integer> indexes = new ArrayList<>();
        for (int i = 0; i < results.length; i++) {
            Optional<ReceiptCodec.Receipt> receipt = receipts.read(texts.get(i))
                    .filter(read -> read.key().queueId() == queue.id());
            if (receipt.filter(read -> !reachable(read.key().position())).isPresent()) {
                // given out by an instance that has a longer list, or that has the message in its memory
                results[i] = new SettleResult(texts.get(i), Status.UNAVAILABLE, Optional.empty());
            } else if (receipt.isPresent()) {
                settlements.add(how.apply(texts.get(i), receipt.get()));
                indexes.add(i);
            } else {
                results[i] = new SettleResult(texts.get(i), Status.INVALID, Optional.empty());
            }
        }
        List<SettleOutcome> settled = settlements.isEmpty() ? List.of() : settle(settlements);
        for (int i = 0; i < settled.size(); i++) {
            results[indexes.get(i)] = result(texts.get(indexes.get(i)), settlements.get(i), settled.get(i));
        }
        return List.of(results);
    }

    private boolean reachable(long position) {
        return Partitions.inMemory(position) ? memory.ours(position) : Partitions.of(position) < partitions.count();
    }

    /**
     * Each partition's by one transaction.
     *
     * @throws QueueException when all belong to one partition, or all partitions refuse
     */
    private List<SettleOutcome> settle(List<Settlement> settlements) {
        if (Partitions.inMemory(settlements.getFirst().key().position())) {
            return memory.settle(settlements);
        }
        Map<Integer, List<Settlement>> byPartition = settlements.stream()
                .collect(Collectors.groupingBy(
                        one -> Partitions.of(one.key().position()), TreeMap::new, Collectors.toList()));
        if (byPartition.size() == 1) {
            return lanes.submit(byPartition.keySet().iterator().next(), settlements);
        }
        Map<Integer, PartitionedCommit.Outcome<List<SettleOutcome>>> outcomes = lanes.submitAll(byPartition);
        Map<Integer, Iterator<SettleOutcome>> answers = new HashMap<>();
        QueueException last = null;
        int refused = 0;
        for (Map.Entry<Integer, PartitionedCommit.Outcome<List<SettleOutcome>>> one : outcomes.entrySet()) {
            switch (one.getValue()) {
                case PartitionedCommit.Outcome.Answered<List<SettleOutcome>> answered ->
                    answers.put(one.getKey(), answered.answer().iterator());
                case PartitionedCommit.Outcome.Refused<List<SettleOutcome>> no -> {
                    last = last != null && last.code() == ErrorCode.OUTCOME_UNKNOWN ? last : no.why();
                    refused++;
                    SettleOutcome every = new SettleOutcome.Unsettled(no.why().code() == ErrorCode.OUTCOME_UNKNOWN);
                    answers.put(one.getKey(), Stream.generate(() -> every).iterator());
                }
            }
        }
        if (refused == outcomes.size()) {
            throw last;
        }
        return settlements.stream().map(one -> answers.get(Partitions.of(one.key().position())).next()).toList();
    }

    private static SettleResult result(String receipt, Settlement settlement, SettleOutcome settled) {
        return switch (settled) {
            case SettleOutcome.Stale stale -> new SettleResult(receipt, Status.STALE, Optional.empty());
            case SettleOutcome.Gone gone -> new SettleResult(receipt, Status.GONE, Optional.empty());
            case SettleOutcome.Unsettled not ->
                new SettleResult(receipt, not.perhaps() ? Status.UNKNOWN : Status.UNAVAILABLE, Optional.empty());
            case SettleOutcome.Done done -> new SettleResult(receipt, status(settlement), done.leaseUntil());
        };
    }

    private static Status status(Settlement settlement) {
        return switch (settlement) {
            case Settlement.Ack ack -> Status.ACKED;
            case Settlement.Complete complete -> Status.ACKED;
            case Settlement.Release release -> Status.NACKED;
            case Settlement.TakeBack back -> Status.NACKED;
            case Settlement.Bury bury -> Status.DEAD;
            case Settlement.Extend extend -> Status.EXTENDED;
        };
    }

    @Override
    public void close() {
        lanes.close();
    }
}
