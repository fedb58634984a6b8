package dev.rowmq.queue.delivery;

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
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.queue.storage.StorageSelector;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

import org.springframework.stereotype.Component;

/**
 * Ack, nack and extend. A receipt holds all data that its settlement needs; the row decides whether it is still valid.
 */
@Component
public class MessageSettler {

    private static final int MAX_RECEIPT_LENGTH = 200;

    private final QueueDirectory queues;
    private final ReceiptCodec receipts;
    private final DeadLetterRouting deadLetterRouting;
    private final WaitingReceivers waitingReceivers;
    private final StorageSelector storages;

    MessageSettler(
            QueueDirectory queues,
            ReceiptCodec receipts,
            DeadLetterRouting deadLetterRouting,
            WaitingReceivers waitingReceivers,
            StorageSelector storages) {
        this.queues = queues;
        this.receipts = receipts;
        this.deadLetterRouting = deadLetterRouting;
        this.waitingReceivers = waitingReceivers;
        this.storages = storages;
    }

    public List<SettleResult> ack(String queueName, List<String> texts) {
        Queue queue = queues.get(queueName);
        Duration retention = queue.settings().processedRetention();
        return settle(queue, texts, (text, receipt) -> new Settlement.Ack(receipt.key(), receipt.token(), retention));
    }

    /** An ack that also records the ids as processed, even if the leases were lost. */
    public List<SettleResult> ackAndRecord(String queueName, List<Delivery> deliveries) {
        Queue queue = queues.get(queueName);
        Duration retention = queue.settings().processedRetention();
        Map<String, String> ids = deliveries.stream().collect(Collectors.toMap(Delivery::receipt, Delivery::id));
        return settle(
                queue,
                deliveries.stream().map(Delivery::receipt).toList(),
                (text, receipt) ->
                        new Settlement.AckAndRecord(receipt.key(), receipt.token(), ids.get(text), retention));
    }

    /** The deliveries whose messages are recorded as processed. */
    public List<Delivery> processedAmong(String queueName, List<Delivery> deliveries) {
        Queue queue = queues.get(queueName);
        Map<Long, Delivery> byPosition = new HashMap<>();
        Map<Long, String> ids = new HashMap<>();
        for (Delivery delivery : deliveries) {
            receipts.read(delivery.receipt()).ifPresent(receipt -> {
                byPosition.put(receipt.key().position(), delivery);
                ids.put(receipt.key().position(), delivery.id());
            });
        }
        return storages.of(queue).processedPositions(queue, ids).stream().map(byPosition::get).toList();
    }

    /**
     * A nack by the service itself, with a backoff even if the queue's retry policy has none.
     *
     * @param atLeast the shortest backoff
     */
    public List<SettleResult> giveBack(String queueName, List<String> texts, Duration atLeast, String error) {
        Queue queue = queues.get(queueName);
        RetryPolicy policy = queue.settings().retry().initial().isZero() ? RetryPolicy.PUSH : queue.settings().retry();
        List<SettleResult> results = settle(queue, texts, (text, receipt) -> {
            Duration delay = policy.backoffAfter(receipt.deliveries());
            return nack(
                    queue, receipt, Optional.of(delay.compareTo(atLeast) < 0 ? atLeast : delay), Optional.of(error));
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

    /** @param delay delay before the next delivery; empty = the backoff of the queue's retry policy */
    public List<SettleResult> nack(
            String queueName, List<String> texts, Optional<Duration> delay, Optional<String> error) {
        delay.ifPresent(value -> RangeCheck.within("delay", value, Duration.ZERO, QueueSettings.MAX_DELAY));
        MessageValidator.checkError(error);
        Queue queue = queues.get(queueName);
        List<SettleResult> results = settle(queue, texts, (text, receipt) -> nack(queue, receipt, delay, error));
        wake(queue, texts, results, delay);
        return results;
    }

    private Settlement nack(
            Queue queue, ReceiptCodec.Receipt receipt, Optional<Duration> delay, Optional<String> error) {
        return queue.settings().usedUp(receipt.deliveries())
                ? new Settlement.ToDeadLetters(
                        receipt.key(),
                        receipt.token(),
                        DeadLetter.Reason.MAX_DELIVERIES,
                        error,
                        deadLetterRouting.of(queue))
                : new Settlement.Nack(receipt.key(), receipt.token(), delayOf(queue, receipt, delay), error);
    }

    private static Duration delayOf(Queue queue, ReceiptCodec.Receipt receipt, Optional<Duration> delay) {
        return delay.orElseGet(() -> queue.settings().retry().backoffAfter(receipt.deliveries()));
    }

    private void wake(Queue queue, List<String> texts, List<SettleResult> results, Optional<Duration> delay) {
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i).status() == Status.NACKED) {
                Duration actual = delayOf(queue, receipts.read(texts.get(i)).orElseThrow(), delay);
                if (actual.toMillis() <= 1000) {
                    waitingReceivers.arriving(queue.id(), 1, actual);
                }
            } else if (results.get(i).status() == Status.DEAD) {
                queue.settings()
                        .deadLetterQueue()
                        .flatMap(queues::findInternal)
                        .ifPresent(other -> waitingReceivers.arrived(other.id(), 1, false));
            }
        }
    }

    public List<SettleResult> extend(String queueName, List<String> texts, Optional<Duration> visibilityTimeout) {
        visibilityTimeout.ifPresent(
                timeout -> RangeCheck.within("visibilityTimeout", timeout, Duration.ZERO, QueueSettings.MAX_LEASE));
        Queue queue = queues.get(queueName);
        Duration timeout = visibilityTimeout.orElse(queue.settings().visibilityTimeout());
        List<SettleResult> results = settle(
                queue,
                texts,
                (text, receipt) -> new Settlement.Extend(
                        receipt.key(),
                        receipt.token(),
                        timeout,
                        timeout.isZero()
                                ? Duration.ZERO
                                : queue.settings().retry().backoffAfter(receipt.deliveries())));
        if (timeout.isZero()) {
            waitingReceivers.arrived(queue.id(), results.size(), true);
        }
        return results;
    }

    private List<SettleResult> settle(
            Queue queue, List<String> texts, BiFunction<String, ReceiptCodec.Receipt, Settlement> toSettlement) {
        RangeCheck.within("receipts.length", texts.size(), 1, MessageReceiver.MAX_MESSAGES);
        // each receipt is repeated in the answer
        texts.forEach(text -> RangeCheck.within("receipt.length", text.length(), 0, MAX_RECEIPT_LENGTH));
        QueueStorage storage = storages.of(queue);
        SettleResult[] results = new SettleResult[texts.size()];
        List<Settlement> settlements = new ArrayList<>();
        List<Integer> indexes = new ArrayList<>();
        for (int i = 0; i < results.length; i++) {
            Optional<ReceiptCodec.Receipt> receipt = receipts.read(texts.get(i))
                    .filter(read -> read.key().queueId() == queue.id());
            if (receipt.filter(read -> !storage.reaches(read.key().position())).isPresent()) {
                // issued by an instance with more partitions, or by one that holds the message in its memory
                results[i] = new SettleResult(texts.get(i), Status.UNAVAILABLE, Optional.empty());
            } else if (receipt.isPresent()) {
                settlements.add(toSettlement.apply(texts.get(i), receipt.get()));
                indexes.add(i);
            } else {
                results[i] = new SettleResult(texts.get(i), Status.INVALID, Optional.empty());
            }
        }
        List<SettleOutcome> settled = settlements.isEmpty() ? List.of() : storage.settle(settlements);
        if (queue.settings().fifo().isPresent() && !settled.isEmpty()) {
            // The next messages of these groups may be free now. A receiver that finds more messages than it may
            // take calls the next receiver.
            waitingReceivers.arrived(queue.id(), 1, false);
        }
        for (int i = 0; i < settled.size(); i++) {
            results[indexes.get(i)] = result(texts.get(indexes.get(i)), settlements.get(i), settled.get(i));
        }
        return List.of(results);
    }

    private static SettleResult result(String receipt, Settlement settlement, SettleOutcome settled) {
        return switch (settled) {
            case SettleOutcome.Stale stale -> new SettleResult(receipt, Status.STALE, Optional.empty());
            case SettleOutcome.Gone gone -> new SettleResult(receipt, Status.GONE, Optional.empty());
            case SettleOutcome.Unsettled unsettled ->
                new SettleResult(receipt, unsettled.perhaps() ? Status.UNKNOWN : Status.UNAVAILABLE, Optional.empty());
            case SettleOutcome.Done done -> new SettleResult(receipt, status(settlement), done.leaseUntil());
        };
    }

    private static Status status(Settlement settlement) {
        return switch (settlement) {
            case Settlement.Ack ack -> Status.ACKED;
            case Settlement.AckAndRecord ackAndRecord -> Status.ACKED;
            case Settlement.Nack nack -> Status.NACKED;
            case Settlement.TakeBack takeBack -> Status.NACKED;
            case Settlement.ToDeadLetters bury -> Status.DEAD;
            case Settlement.Move move -> Status.ACKED;
            case Settlement.Extend extend -> Status.EXTENDED;
        };
    }
}
