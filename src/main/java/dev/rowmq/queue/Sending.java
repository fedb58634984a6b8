package dev.rowmq.queue;

import dev.rowmq.message.Counts;
import dev.rowmq.message.ErrorCode;
import dev.rowmq.message.Figure;
import dev.rowmq.message.GeneratedId;
import dev.rowmq.message.NewMessage;
import dev.rowmq.message.Queue;
import dev.rowmq.message.Refusal;
import dev.rowmq.message.SendResult;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.MessageStore.NewRow;
import dev.rowmq.store.MessageStore.Sent;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.springframework.stereotype.Component;

/** Send: each message is judged alone, what is good is stored by one transaction, and receivers are woken. */
@Component
class Sending implements AutoCloseable {

    private final KnownQueues queues;
    private final WaitingRoom waitingRoom;
    private final MemoryCounts memoryCounts;
    private final GroupCommit<List<NewRow>, List<Sent>> groups;

    Sending(
            KnownQueues queues,
            WaitingRoom waitingRoom,
            MemoryCounts memoryCounts,
            MessageStore store,
            QueueProperties properties) {
        this.queues = queues;
        this.waitingRoom = waitingRoom;
        this.memoryCounts = memoryCounts;
        this.groups = new GroupCommit<>("send", properties.limits(1000), Sending::weight, GroupCommit.joined(store::send));
    }

    /** A message counts as one, and a large one as one for each 16 kB: a full group is 16 MB or so. */
    private static int weight(List<NewRow> rows) {
        long bytes = 0;
        for (NewRow row : rows) {
            bytes += row.body().bytes().length;
            for (String value : row.metadata().values()) {
                bytes += value.length();
            }
        }
        return (int) Math.max(rows.size(), bytes >> 14);
    }

    /** One result per message, in order. @throws Refusal for what concerns them all */
    List<SendResult> send(String queueName, List<NewMessage> messages) {
        Queue queue = queues.getOrCreate(queueName);
        SendResult[] results = new SendResult[messages.size()];
        List<NewRow> rows = new ArrayList<>(messages.size());
        List<Integer> indexes = new ArrayList<>(messages.size());
        for (int i = 0; i < results.length; i++) {
            try {
                MessageRules.check(messages.get(i), queue);
                rows.add(row(messages.get(i), queue));
                indexes.add(i);
            } catch (Refusal refusal) {
                results[i] = new SendResult.Rejected(refusal.faults().getFirst());
            }
        }
        List<Sent> sent = rows.isEmpty() ? List.of() : groups.submit(rows);
        for (int i = 0; i < sent.size(); i++) {
            results[indexes.get(i)] = result(queue, rows.get(i), sent.get(i));
        }
        wake(queue, sent);
        count(queue, results);
        return Arrays.asList(results);
    }

    private static NewRow row(NewMessage message, Queue queue) {
        Duration retention = queue.settings().retention();
        return new NewRow(
                queue.id(),
                queue.settings().level(message.priority()),
                message.id(),
                message.id().isPresent() ? message.body().hash() : null,
                message.body(),
                message.metadata(),
                message.delay().orElse(queue.settings().delay()),
                message.deliverAt(),
                message.ttl().filter(ttl -> ttl.compareTo(retention) < 0).orElse(retention),
                queue.settings().maxMessages());
    }

    private SendResult result(Queue queue, NewRow row, Sent sent) {
        return switch (sent) {
            case Sent.Stored stored -> new SendResult.Stored(
                    row.id().orElseGet(() -> GeneratedId.of(stored.key())), false, stored.enqueuedAt(), stored.visibleAt());
            case Sent.Known known when Arrays.equals(known.bodyHash(), row.bodyHash()) -> new SendResult.Stored(
                    row.id().orElseThrow(), true, known.enqueuedAt(), known.visibleAt());
            case Sent.Known other -> new SendResult.Rejected(
                    ErrorCode.ID_REUSED,
                    "id",
                    "id '%s' was sent before with another body; nothing was stored, choose another id"
                            .formatted(row.id().orElseThrow()));
            case Sent.QueueFull full -> new SendResult.Rejected(
                    ErrorCode.QUEUE_FULL,
                    "",
                    "queue '%s' holds %d messages of at most %d (maxMessages); wait until consumers catch up"
                            .formatted(queue.name(), full.held(), row.capacity()));
            case Sent.Unknown unknown -> new SendResult.Rejected(unknown.why().faults().getFirst());
            case Sent.QueueGone gone -> {
                queues.forget(queue.name());
                yield new SendResult.Rejected(Queues.notFound(queue.name()).faults().getFirst());
            }
        };
    }

    private void wake(Queue queue, List<Sent> sent) {
        int now = 0;
        for (Sent one : sent) {
            if (one instanceof Sent.Stored stored && !stored.delayed()) {
                Duration rest = Duration.between(stored.enqueuedAt(), stored.visibleAt());
                if (rest.isZero()) {
                    now++;
                } else {
                    waitingRoom.arriving(queue.id(), 1, rest);
                }
            }
        }
        if (now > 0) {
            waitingRoom.arrived(queue.id(), now, false);
        }
    }

    private void count(Queue queue, SendResult[] results) {
        long errors = Arrays.stream(results).filter(SendResult.Rejected.class::isInstance).count();
        memoryCounts.add(
                queue.id(),
                Counts.of(Figure.SEND_CALLS, errors < results.length ? 1 : 0).plus(Figure.SEND_ERRORS, errors));
    }

    @Override
    public void close() {
        groups.close();
    }
}
