package dev.rowmq.queue.send;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.SendContext;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.delivery.MessageExpiry;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.durable.BufferedCounters;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.queue.storage.StorageSelector;
import dev.rowmq.queue.stream.StreamRelay;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.springframework.stereotype.Component;

/**
 * Sends messages: each is checked by itself, the valid messages are stored together, and receivers are woken. Most
 * calls have one message, for which Java streams would take as long as the rest of this class; hence the loops.
 */
@Component
public class MessageSender {

    private final QueueDirectory queues;
    private final WaitingReceivers waitingReceivers;
    private final BufferedCounters bufferedCounters;
    private final SendRateLimiter rateLimiter;
    private final StreamRelay streamRelay;
    private final StorageSelector storages;
    private final MessageExpiry expiry;

    MessageSender(
            QueueDirectory queues,
            WaitingReceivers waitingReceivers,
            BufferedCounters bufferedCounters,
            SendRateLimiter rateLimiter,
            StreamRelay streamRelay,
            StorageSelector storages,
            MessageExpiry expiry) {
        this.queues = queues;
        this.waitingReceivers = waitingReceivers;
        this.bufferedCounters = bufferedCounters;
        this.rateLimiter = rateLimiter;
        this.streamRelay = streamRelay;
        this.storages = storages;
        this.expiry = expiry;
    }

    /**
     * Sends messages to one queue. One result per message, in order.
     *
     * @throws QueueException for a reason that concerns all messages
     */
    public List<SendResult> send(String queueName, List<NewMessage> messages, SendContext sender) {
        Queue queue = queues.getOrCreate(queueName);
        List<PendingMessage> items = new ArrayList<>(messages.size());
        messages.forEach(message -> items.add(new PendingMessage(queue, message)));
        return send(items, sender, false);
    }

    /**
     * Sends one message to each of the queues. The copies for durable queues are stored in one transaction. One result
     * per queue, in order.
     */
    List<SendResult> sendToEach(List<Queue> all, NewMessage message, SendContext sender) {
        return send(all.stream().map(queue -> new PendingMessage(queue, message)).toList(), sender, true);
    }

    /** @param copies whether the items are copies of one message, stored in one transaction */
    private List<SendResult> send(List<PendingMessage> items, SendContext sender, boolean copies) {
        items.forEach(PendingMessage::validate);
        limitRate(items, sender);
        List<PendingMessage> accepted = new ArrayList<>(items.size());
        for (PendingMessage item : items) {
            if (item.result == null) {
                item.row = item.toRow();
                accepted.add(item);
            }
        }
        store(accepted, copies);
        storeRefusedAgain(accepted, copies);
        for (PendingMessage item : accepted) {
            if (item.outcome instanceof SendOutcome.QueueGone) {
                queues.forget(item.queue.name());
            }
            item.result = item.toResult();
        }
        byQueue(items).forEach((queue, own) -> {
            wake(queue, own);
            count(queue, own);
            if (streamRelay.concerns(queue.id())) {
                streamRelay.sent(own.stream().flatMap(item -> item.toStreamed().stream()).toList());
            }
        });
        List<SendResult> results = new ArrayList<>(items.size());
        items.forEach(item -> results.add(item.result));
        return results;
    }

    private void limitRate(List<PendingMessage> items, SendContext sender) {
        boolean limited = false;
        for (PendingMessage item : items) {
            limited |= SendRateLimiter.concerns(item.queue, sender);
        }
        if (!limited) {
            return;
        }
        long deadline = System.nanoTime() + sender.block().toNanos();
        byQueue(items).forEach((queue, own) -> {
            List<PendingMessage> valid = own.stream().filter(item -> item.result == null).toList();
            SendRateLimiter.Granted granted = rateLimiter.take(queue, valid.size(), sender, deadline);
            valid.stream()
                    .skip(granted.messages())
                    .forEach(item -> item.result = new SendResult.Rejected(granted.refusal()));
        });
    }

    /** The durable storage comes first: when it fails, no message was stored in memory either. */
    private void store(List<PendingMessage> items, boolean copies) {
        for (QueueStorage storage : storages.all()) {
            List<PendingMessage> own = of(storage, items);
            if (!own.isEmpty()) {
                List<MessageRow> rows = new ArrayList<>(own.size());
                own.forEach(item -> rows.add(item.row));
                List<SendOutcome> outcomes = storage.send(rows, copies);
                for (int i = 0; i < own.size(); i++) {
                    own.get(i).outcome = outcomes.get(i);
                }
            }
        }
    }

    private List<PendingMessage> of(QueueStorage storage, List<PendingMessage> items) {
        boolean all = true;
        for (PendingMessage item : items) {
            all &= storages.of(item.queue) == storage;
        }
        return all
                ? items
                : items.stream().filter(item -> storages.of(item.queue) == storage).toList();
    }

    /** Expires messages of full queues, and stores the messages again that these queues refused. */
    private void storeRefusedAgain(List<PendingMessage> items, boolean copies) {
        List<PendingMessage> refused = new ArrayList<>();
        for (PendingMessage item : items) {
            if (item.outcome instanceof SendOutcome.QueueFull && !item.queue.inMemory()) {
                refused.add(item);
            }
        }
        if (refused.isEmpty()
                || refused.stream().map(item -> item.queue).distinct().mapToInt(expiry::expireNow).sum() == 0) {
            return;
        }
        try {
            store(refused, copies);
        } catch (QueueException refusal) {
            // the other items are stored; these may be as well, or their queue is still full
            if (refusal.code() == ErrorCode.OUTCOME_UNKNOWN) {
                refused.forEach(item -> item.outcome = new SendOutcome.Unknown(refusal));
            }
        }
    }

    /** The items by queue; all of one queue in most cases. */
    private static Map<Queue, List<PendingMessage>> byQueue(List<PendingMessage> items) {
        if (items.isEmpty()) {
            return Map.of();
        }
        Queue first = items.getFirst().queue;
        boolean one = true;
        for (PendingMessage item : items) {
            one &= item.queue == first;
        }
        return one
                ? Map.of(first, items)
                : items.stream()
                        .collect(Collectors.groupingBy(
                                item -> item.queue, LinkedHashMap::new, Collectors.toList()));
    }

    private void wake(Queue queue, List<PendingMessage> items) {
        int now = 0;
        for (PendingMessage item : items) {
            if (item.outcome instanceof SendOutcome.Accepted stored && !stored.delayed()) {
                Duration delay = Duration.between(stored.enqueuedAt(), stored.visibleAt());
                if (delay.isZero()) {
                    now++;
                } else {
                    waitingReceivers.arriving(queue.id(), 1, delay);
                }
            }
        }
        if (now > 0) {
            waitingReceivers.arrived(queue.id(), now, false);
        }
    }

    private void count(Queue queue, List<PendingMessage> items) {
        int errors = 0;
        int rateLimited = 0;
        for (PendingMessage item : items) {
            if (item.result instanceof SendResult.Rejected rejected) {
                errors++;
                rateLimited += rejected.fault().code() == ErrorCode.RATE_LIMITED ? 1 : 0;
            }
        }
        bufferedCounters.add(
                queue.id(),
                QueueCounts.of(QueueCounter.SEND_CALLS, errors < items.size() ? 1 : 0)
                        .plus(QueueCounter.BATCHED, items.size() - errors)
                        .plus(QueueCounter.SEND_ERRORS, errors)
                        .plus(QueueCounter.RATE_LIMITED, rateLimited));
    }
}
