package dev.rowmq.store.jpa.messages;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.sql.MessageRowKey;
import dev.rowmq.store.sql.MetadataJson;
import dev.rowmq.store.sql.QueueCounters;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntToLongFunction;

import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Component;

/**
 * Reads messages without changing them. Each method takes part in the caller's transaction. Only this class interprets
 * the cursors.
 */
@Component
public class MessageReader {

    private final MessageRepository messages;
    private final DelayedMessageRepository delayed;
    private final ProcessedIdRepository processedIds;
    private final QueueCounters counters;
    private final MetadataJson metadata;

    MessageReader(
            MessageRepository messages,
            DelayedMessageRepository delayed,
            ProcessedIdRepository processedIds,
            QueueCounters counters,
            MetadataJson metadata) {
        this.counters = counters;
        this.messages = messages;
        this.delayed = delayed;
        this.processedIds = processedIds;
        this.metadata = metadata;
    }

    /**
     * Returns a part of the queue's messages in one state, in the order in which they would be delivered.
     *
     * @param bytes approximate maximum bytes of bodies; the first message is returned at any size
     */
    public Page<MessageView> page(Queue queue, MessageView.State state, int limit, Optional<String> cursor,
            long bytes) {
        String[] after = cursor.map(text -> text.split(" ")).orElse(new String[] {"0", "0"});
        return switch (state) {
            case DELAYED ->
                delayed(
                        queue.id(),
                        cursor.isEmpty() ? Instant.EPOCH : Instant.parse(after[0]),
                        Long.parseLong(after[1]),
                        limit,
                        bytes);
            case READY ->
                page(
                        queue,
                        after,
                        new StateRange(Short.MIN_VALUE, (short) 0, Long.MAX_VALUE, messages.clock()),
                        limit,
                        bytes);
            case IN_FLIGHT ->
                page(
                        queue,
                        after,
                        new StateRange((short) 1, Short.MAX_VALUE, counters.claimedTo(queue.id()), Instant.EPOCH),
                        limit,
                        bytes);
        };
    }

    private Page<MessageView> delayed(int queueId, Instant dueAt, long position, int limit, long bytes) {
        int fitting = fitting(delayed.sizes(queueId, dueAt, position, limit), bytes);
        return cut(
                delayed.page(queueId, dueAt, position, Limit.of(fitting + 1)),
                fitting,
                row -> row.key().dueAt() + " " + row.key().position(),
                row -> row.view(metadata));
    }

    /**
     * @param through the last position that may be in that state
     * @param after   messages that expire through this time are left out
     */
    private record StateRange(short lowest, short highest, long through, Instant after) {}

    /** Reads one level after the other: for the planner, a condition that spans levels is no range of the key. */
    private Page<MessageView> page(Queue queue, String[] begin, StateRange range, int limit, long bytes) {
        List<MessageEntity> rows = new ArrayList<>();
        long position = Long.parseLong(begin[1]);
        long bytesLeft = bytes;
        for (short level = Short.parseShort(begin[0]); level < queue.levels() && rows.size() <= limit; level++) {
            int wanted = limit + 1 - rows.size();
            List<Integer> sizes = messages.sizes(
                    queue.id(), level, position, range.through(), range.lowest(), range.highest(), range.after(),
                    wanted);
            int fitting = fitting(sizes, rows.isEmpty() ? Math.max(bytesLeft, 1) : bytesLeft);
            boolean full = fitting < sizes.size();
            // the first one that does not fit shows that there is a next page
            rows.addAll(messages.page(
                    queue.id(), level, position, range.through(), range.lowest(), range.highest(), range.after(),
                    Limit.of(full ? fitting + 1 : wanted)));
            if (full) {
                return cut(rows, Math.min(limit, rows.size() - 1), MessageReader::cursor, row -> row.view(metadata));
            }
            bytesLeft -= sizes.stream().mapToLong(Integer::longValue).sum();
            position = 0;
        }
        return cut(rows, limit, MessageReader::cursor, row -> row.view(metadata));
    }

    private static String cursor(MessageEntity row) {
        return row.key().priority() + " " + row.key().position();
    }

    /** Returns the number of leading bodies whose sizes have a sum of at most {@code bytes}, at least 1. */
    static int fitting(List<Integer> sizes, long bytes) {
        long sum = 0;
        int fitting = 0;
        while (fitting < sizes.size() && (fitting == 0 || sum + sizes.get(fitting) <= bytes)) {
            sum += sizes.get(fitting++);
        }
        return Math.max(1, fitting);
    }

    /** Makes a page of rows read with a limit of one row more, which shows whether there is a next page. */
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
        return messages.findById(MessageRowKey.of(key))
                .map(row -> row.view(metadata))
                .or(() -> delayed.findByPosition(key.queueId(), key.position()).map(row -> row.view(metadata)));
    }

    /**
     * The time at which the message with this producer's id was acked; empty when it was not, or its id was removed.
     */
    public Optional<ProcessedId> processed(int queueId, String id) {
        return processedIds.findById(new ProcessedIdEntity.GivenId(queueId, id)).flatMap(ProcessedIdEntity::processed);
    }

    /**
     * Returns the positions of the messages with these ids that were processed. Another message may have the same id: a
     * dead letter of another queue.
     */
    public Set<Long> processedPositions(int queueId, Collection<String> ids) {
        Set<Long> positions = new HashSet<>();
        // one by one, as a list of ids may be planned as a scan of all ids of the queue; most often there is one
        for (String id : ids) {
            processedIds.findById(new ProcessedIdEntity.GivenId(queueId, id))
                    .filter(known -> known.processed().isPresent())
                    .ifPresent(known -> positions.add(known.messageKey().position()));
        }
        return positions;
    }

    /**
     * The age of the ready message that was sent first.
     *
     * @param heads a position for each level; no message of the level has it or a lower one
     */
    public Optional<Duration> oldestAge(int queueId, int levels, IntToLongFunction heads) {
        Optional<Instant> oldest = Optional.empty();
        Instant now = messages.clock();
        for (short priority = 0; priority < levels; priority++) {
            List<Instant> first = messages.oldestReady(queueId, priority, heads.applyAsLong(priority), now,
                    Limit.of(1));
            if (!first.isEmpty() && oldest.filter(first.getFirst()::isAfter).isEmpty()) {
                oldest = Optional.of(first.getFirst());
            }
        }
        // the clock may have been set back since the message was sent
        return oldest.map(since -> since.isAfter(now) ? Duration.ZERO : Duration.between(since, now));
    }
}
