package dev.rowmq.store;

import dev.rowmq.message.GeneratedId;
import dev.rowmq.message.MessageKey;
import dev.rowmq.message.MessageView;
import dev.rowmq.message.Page;
import dev.rowmq.message.Processed;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntToLongFunction;

import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;

/**
 * Messages looked at without touching them. Each method is part of the caller's transaction. Cursors are texts that only
 * this class reads.
 */
@Component
public class Shelf {

    private final MessageRepository messages;
    private final DelayedMessageRepository delayed;
    private final ProcessedIdRepository processedIds;
    private final QueueRepository queues;
    private final MetadataText metadata;

    Shelf(
            MessageRepository messages,
            DelayedMessageRepository delayed,
            ProcessedIdRepository processedIds,
            QueueRepository queues,
            MetadataText metadata) {
        this.messages = messages;
        this.delayed = delayed;
        this.processedIds = processedIds;
        this.queues = queues;
        this.metadata = metadata;
    }

    /** A part of the queue's messages in one state, in the order in which they would be delivered. */
    public Page<MessageView> page(int queueId, MessageView.State state, int limit, Optional<String> cursor) {
        String[] after = cursor.map(text -> text.split(" ")).orElse(new String[] {"-1", "0"});
        Limit oneMore = Limit.of(limit + 1);
        return switch (state) {
            case DELAYED -> cut(
                    delayed.page(
                            queueId,
                            cursor.isEmpty() ? Instant.EPOCH : Instant.parse(after[0]),
                            Long.parseLong(after[1]),
                            oneMore),
                    limit,
                    row -> row.key().dueAt() + " " + row.key().position(),
                    row -> row.view(metadata));
            case READY -> page(queueId, after, Short.MIN_VALUE, (short) 0, oneMore);
            case IN_FLIGHT -> page(queueId, after, (short) 1, Short.MAX_VALUE, oneMore);
        };
    }

    private Page<MessageView> page(int queueId, String[] after, short lowest, short highest, Limit oneMore) {
        return cut(
                messages.page(
                        queueId, Short.parseShort(after[0]), Long.parseLong(after[1]), lowest, highest, oneMore),
                oneMore.max() - 1,
                row -> row.key().priority() + " " + row.key().position(),
                row -> row.view(metadata));
    }

    /** The page of which one row more than the limit was read, to know whether there is a next. */
    static <R, T> Page<T> cut(List<R> rows, int limit, Function<R, String> cursor, Function<R, T> view) {
        List<R> shown = rows.size() > limit ? rows.subList(0, limit) : rows;
        return new Page<>(
                shown.stream().map(view).toList(),
                rows.size() > limit ? Optional.of(cursor.apply(shown.getLast())) : Optional.empty());
    }

    /** The message with this id, if it is ready, delayed or in flight. */
    public Optional<MessageView> find(int queueId, String id) {
        return GeneratedId.key(id)
                .filter(key -> key.queueId() == queueId)
                .flatMap(this::find)
                .filter(found -> found.id().equals(id))
                .or(() -> processedIds
                        .findById(new ProcessedIdEntity.GivenId(queueId, id))
                        .map(ProcessedIdEntity::messageKey)
                        .flatMap(this::find)
                        .filter(found -> found.id().equals(id)));
    }

    private Optional<MessageView> find(MessageKey key) {
        return messages.findById(RowKey.of(key))
                .map(row -> row.view(metadata))
                .or(() -> delayed.findByPosition(key.queueId(), key.position()).map(row -> row.view(metadata)));
    }

    /** When the message with this producer's id was acked; empty when it was not, or is forgotten. */
    public Optional<Processed> processed(int queueId, String id) {
        return processedIds.findById(new ProcessedIdEntity.GivenId(queueId, id)).flatMap(ProcessedIdEntity::processed);
    }

    /** The positions of the messages with these ids that were dealt with. Another message may have the same id: a dead letter of another queue. */
    public Set<Long> processedPositions(int queueId, Collection<String> ids) {
        return processedIds.findProcessed(queueId, ids);
    }

    /** The age of the ready message that waits longest. @param heads a position of each level before which none stands */
    public Optional<Duration> oldestAge(int queueId, int levels, IntToLongFunction heads) {
        Optional<Instant> oldest = Optional.empty();
        for (short priority = 0; priority < levels; priority++) {
            List<Instant> first = messages.oldestReady(queueId, priority, heads.applyAsLong(priority), Limit.of(1));
            if (!first.isEmpty() && oldest.filter(first.getFirst()::isAfter).isEmpty()) {
                oldest = Optional.of(first.getFirst());
            }
        }
        return oldest.map(since -> Duration.between(since, queues.clock()));
    }
}
