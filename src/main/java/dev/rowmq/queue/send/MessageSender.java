package dev.rowmq.queue.send;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.GeneratedId;
import dev.rowmq.model.message.MessageValidator;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.SendContext;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.delivery.MessageExpiry;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.durable.BufferedCounters;
import dev.rowmq.queue.durable.PartitionRouter;
import dev.rowmq.queue.stream.StreamRelay;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.memory.InMemoryMessageStore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.springframework.stereotype.Component;

/**
 * Send: each message is judged alone, what is good is stored by one transaction, and receivers are woken. Most sends
 * have one message, for which streams would take as long as all else here.
 */
@Component
public class MessageSender {

    private final QueueDirectory queues;
    private final WaitingReceivers waitingReceivers;
    private final BufferedCounters bufferedCounters;
    private final SendRateLimiter rateLimiter;
    private final StreamRelay streamRelay;
    private final PartitionRouter partitionRouter;
    private final InMemoryMessageStore memory;
    private final MessageExpiry expiry;

    MessageSender(
            QueueDirectory queues,
            WaitingReceivers waitingReceivers,
            BufferedCounters bufferedCounters,
            SendRateLimiter rateLimiter,
            StreamRelay streamRelay,
            PartitionRouter partitionRouter,
            InMemoryMessageStore memory,
            MessageExpiry expiry) {
        this.expiry = expiry;
        this.queues = queues;
        this.waitingReceivers = waitingReceivers;
        this.bufferedCounters = bufferedCounters;
        this.rateLimiter = rateLimiter;
        this.streamRelay = streamRelay;
        this.partitionRouter = partitionRouter;
        this.memory = memory;
    }

    /** A message for a queue. */
    private record Part(Queue queue, NewMessage message) {}

    /**
     * One result per message, in order.
     *
     * @throws QueueException for what concerns them all
     */
    public List<SendResult> send(String queueName, List<NewMessage> messages, SendContext sender) {
        Queue queue = queues.getOrCreate(queueName);
        List<Part> parts = new ArrayList<>(messages.size());
        messages.forEach(message -> parts.add(new Part(queue, message)));
        return send(parts, sender, false);
    }

    /** The same message to each of the queues, by one transaction. One result per queue, in order. */
    List<SendResult> sendToEach(List<Queue> all, NewMessage message, SendContext sender) {
        return send(all.stream().map(queue -> new Part(queue, message)).toList(), sender, true);
    }

    /** @param copies whether they are copies of one message, to be stored by one transaction */
    private List<SendResult> send(List<Part> parts, SendContext sender, boolean copies) {
        SendResult[] results = new SendResult[parts.size()];
        refuseWhatBreaksARule(parts, results);
        refuseWhatIsTooFast(parts, sender, results);
        List<MessageRow> rows = new ArrayList<>(parts.size());
        List<Part> good = new ArrayList<>(parts.size());
        List<Integer> indexes = new ArrayList<>(parts.size());
        for (int i = 0; i < results.length; i++) {
            if (results[i] == null) {
                rows.add(row(parts.get(i).message(), parts.get(i).queue()));
                good.add(parts.get(i));
                indexes.add(i);
            }
        }
        List<SendOutcome> sent = rows.isEmpty() ? List.of() : store(rows, good, copies);
        sent = againWhereRoomWasMade(rows, good, sent, copies);
        SendOutcome[] became = new SendOutcome[results.length];
        for (int i = 0; i < sent.size(); i++) {
            int index = indexes.get(i);
            became[index] = sent.get(i);
            results[index] = result(parts.get(index).queue(), rows.get(i), sent.get(i));
        }
        byQueue(parts).forEach((queue, own) -> {
            wake(queue, own, became);
            count(queue, own, results);
            if (streamRelay.concerns(queue.id())) {
                streamRelay.sent(copies(parts, own, became));
            }
        });
        return Arrays.asList(results);
    }

    /** Messages that have expired make room for those that a full queue refused. */
    private List<SendOutcome> againWhereRoomWasMade(
            List<MessageRow> rows, List<Part> parts, List<SendOutcome> sent, boolean copies) {
        List<Integer> full = IntStream.range(0, sent.size())
                .filter(i -> sent.get(i) instanceof SendOutcome.QueueFull && !parts.get(i).queue().inMemory())
                .boxed()
                .toList();
        if (full.isEmpty() || full.stream().map(i -> parts.get(i).queue()).distinct().mapToInt(expiry::expireNow)
                .sum() == 0) {
            return sent;
        }
        List<SendOutcome> all = new ArrayList<>(sent);
        try {
            List<SendOutcome> again = store(
                    full.stream().map(rows::get).toList(),
                    full.stream().map(parts::get).toList(),
                    copies);
            for (int i = 0; i < again.size(); i++) {
                all.set(full.get(i), again.get(i));
            }
        } catch (QueueException refusal) {
            // their neighbours are stored: only these may not be, and a refusal that changed nothing leaves the queue
            // full
            if (refusal.code() == ErrorCode.OUTCOME_UNKNOWN) {
                full.forEach(i -> all.set(i, new SendOutcome.Unknown(refusal)));
            }
        }
        return all;
    }

    /** In the database those of its queues, by one transaction in a partition; the others need none. */
    private List<SendOutcome> store(List<MessageRow> rows, List<Part> parts, boolean copies) {
        boolean some = false;
        boolean all = true;
        for (Part part : parts) {
            some |= part.queue().inMemory();
            all &= part.queue().inMemory();
        }
        if (all || !some) {
            return all ? memory.send(rows) : partitionRouter.send(rows, copies);
        }
        List<Integer> durable = IntStream.range(0, rows.size())
                .filter(i -> !parts.get(i).queue().inMemory())
                .boxed()
                .toList();
        Iterator<SendOutcome> next = partitionRouter.send(durable.stream().map(rows::get).toList(), copies).iterator();
        List<SendOutcome> sent = new ArrayList<>(rows.size());
        for (int i = 0; i < rows.size(); i++) {
            sent.add(parts.get(i).queue().inMemory() ? memory.send(List.of(rows.get(i))).getFirst() : next.next());
        }
        return sent;
    }

    private static List<StreamedMessage> copies(List<Part> parts, List<Integer> own, SendOutcome[] became) {
        List<StreamedMessage> copies = new ArrayList<>(own.size());
        for (int i : own) {
            if (became[i] instanceof SendOutcome.Stored stored) {
                NewMessage message = parts.get(i).message();
                copies.add(new StreamedMessage(
                        stored.key().queueId(),
                        stored.key().position(),
                        message.id().orElseGet(() -> GeneratedId.of(stored.key())),
                        message.body(),
                        message.metadata(),
                        stored.key().priority(),
                        stored.enqueuedAt()));
            }
        }
        return copies;
    }

    private static void refuseWhatBreaksARule(List<Part> parts, SendResult[] results) {
        for (int i = 0; i < results.length; i++) {
            try {
                MessageValidator.check(parts.get(i).message(), parts.get(i).queue());
            } catch (QueueException refusal) {
                results[i] = new SendResult.Rejected(refusal.faults().getFirst());
            }
        }
    }

    private void refuseWhatIsTooFast(List<Part> parts, SendContext sender, SendResult[] results) {
        boolean limited = false;
        for (Part part : parts) {
            limited |= SendRateLimiter.concerns(part.queue(), sender);
        }
        if (!limited) {
            return;
        }
        long end = System.nanoTime() + sender.block().toNanos();
        byQueue(parts).forEach((queue, own) -> {
            List<Integer> good = own.stream().filter(i -> results[i] == null).toList();
            SendRateLimiter.Granted granted = rateLimiter.take(queue, good.size(), sender, end);
            good.stream()
                    .skip(granted.messages())
                    .forEach(i -> results[i] = new SendResult.Rejected(granted.refusal()));
        });
    }

    /** The indexes of the parts of each queue; most often there is one. */
    private static Map<Queue, List<Integer>> byQueue(List<Part> parts) {
        if (parts.isEmpty()) {
            return Map.of();
        }
        List<Integer> all = new ArrayList<>(parts.size());
        Queue first = parts.getFirst().queue();
        boolean one = true;
        for (int i = 0; i < parts.size(); i++) {
            all.add(i);
            one &= parts.get(i).queue() == first;
        }
        return one
                ? Map.of(first, all)
                : all.stream()
                        .collect(Collectors.groupingBy(
                                i -> parts.get(i).queue(), LinkedHashMap::new, Collectors.toList()));
    }

    private static MessageRow row(NewMessage message, Queue queue) {
        Duration retention = queue.settings().retention();
        return new MessageRow(
                queue.id(),
                queue.settings().level(message.priority()),
                message.id(),
                message.id().isPresent() ? message.body().hash() : null,
                message.body(),
                message.metadata(),
                message.delay().orElse(queue.settings().delay()),
                message.deliverAt(),
                message.ttl().filter(ttl -> ttl.compareTo(retention) < 0).orElse(retention),
                message.ttl().filter(ttl -> ttl.compareTo(retention) < 0).isPresent(),
                queue.settings().maxMessages());
    }

    private SendResult result(Queue queue, MessageRow row, SendOutcome sent) {
        return switch (sent) {
            case SendOutcome.Stored stored ->
                new SendResult.Stored(
                        row.id().orElseGet(() -> GeneratedId.of(stored.key())),
                        false,
                        Optional.empty(),
                        stored.enqueuedAt(),
                        stored.visibleAt());
            case SendOutcome.Known known
            when Arrays.equals(known.bodyHash(), row.bodyHash()) ->
                new SendResult.Stored(
                        row.id().orElseThrow(), true, known.ended(), known.enqueuedAt(), known.visibleAt());
            case SendOutcome.Known other ->
                new SendResult.Rejected(
                        ErrorCode.ID_REUSED,
                        "id",
                        "id '%s' was sent before with another body; nothing was stored, choose another id"
                                .formatted(row.id().orElseThrow()));
            case SendOutcome.QueueFull full ->
                new SendResult.Rejected(
                        ErrorCode.QUEUE_FULL,
                        "",
                        ("queue '%s' holds %d messages where this one belongs, and at most %d in all (maxMessages);"
                                        + " wait until consumers catch up")
                                .formatted(queue.name(), full.held(), row.capacity()));
            case SendOutcome.NoRoom none ->
                new SendResult.Rejected(ErrorCode.QUEUE_FULL, "", none.why() + "; wait until consumers catch up");
            case SendOutcome.Unknown unknown ->
                new SendResult.Rejected(unknown.why().faults().getFirst());
            case SendOutcome.QueueGone gone -> {
                queues.forget(queue.name());
                yield new SendResult.Rejected(
                        QueueAdmin.notFound(queue.name()).faults().getFirst());
            }
        };
    }

    private void wake(Queue queue, List<Integer> own, SendOutcome[] became) {
        int now = 0;
        for (int i : own) {
            if (became[i] instanceof SendOutcome.Stored stored && !stored.delayed()) {
                Duration rest = Duration.between(stored.enqueuedAt(), stored.visibleAt());
                if (rest.isZero()) {
                    now++;
                } else {
                    waitingReceivers.arriving(queue.id(), 1, rest);
                }
            }
        }
        if (now > 0) {
            waitingReceivers.arrived(queue.id(), now, false);
        }
    }

    private void count(Queue queue, List<Integer> own, SendResult[] results) {
        int errors = 0;
        int tooFast = 0;
        for (int i : own) {
            if (results[i] instanceof SendResult.Rejected rejected) {
                errors++;
                tooFast += rejected.fault().code() == ErrorCode.RATE_LIMITED ? 1 : 0;
            }
        }
        bufferedCounters.add(
                queue.id(),
                QueueCounts.of(QueueCounter.SEND_CALLS, errors < own.size() ? 1 : 0)
                        .plus(QueueCounter.BATCHED, own.size() - errors)
                        .plus(QueueCounter.SEND_ERRORS, errors)
                        .plus(QueueCounter.RATE_LIMITED, tooFast));
    }
}
