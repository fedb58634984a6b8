package dev.rowmq.store.memory;

import dev.rowmq.model.Page;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.QueueCounts;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

import org.springframework.stereotype.Component;

/** Reads the queues in memory without changing messages. Expired messages are removed before a read. */
@Component
public class InMemoryQueries {

    private final InMemoryMessageStore store;

    InMemoryQueries(InMemoryMessageStore store) {
        this.store = store;
    }

    public QueueCounts counts(int queueId) {
        store.expire(queueId);
        return store.has(queueId)
                ? store.locked(queueId, QueueCounts.ZERO, queue -> queue.contents().counts())
                : QueueCounts.ZERO;
    }

    public Page<MessageView> page(int queueId, MessageView.State state, int limit, Optional<String> after) {
        store.expire(queueId);
        return store.locked(
                queueId,
                new Page<>(List.of(), Optional.empty()),
                queue -> page(queueId, queue.contents(), state, limit, after));
    }

    public Optional<MessageView> message(int queueId, String id) {
        return store.locked(queueId, Optional.empty(), queue -> GeneratedId.key(id)
                .filter(key -> key.queueId() == queueId)
                .flatMap(key -> at(queue, key))
                .or(() -> queue.contents().ids.key(id).flatMap(key -> at(queue, key)))
                .map(InMemoryMessage::view)
                .filter(view -> view.id().equals(id)));
    }

    public Optional<ProcessedId> processed(int queueId, String id) {
        return store.locked(queueId, Optional.empty(), queue -> queue.contents().ids.processed(id));
    }

    /** The positions of the messages with these ids that were processed. */
    public Set<Long> processedPositions(int queueId, Collection<String> ids) {
        return store.locked(queueId, Set.of(), queue -> ids.stream()
                .filter(id -> queue.contents().ids.processed(id).isPresent())
                .flatMap(id -> queue.contents().ids.key(id).stream())
                .map(MessageKey::position)
                .collect(Collectors.toCollection(HashSet::new)));
    }

    /** The age of the ready message that was sent first. */
    public Optional<Duration> oldestAge(int queueId) {
        store.expire(queueId);
        return store.locked(
                queueId,
                Optional.empty(),
                queue -> queue.oldestReady()
                        .map(since -> Duration.between(since, store.clock.now())));
    }

    /**
     * Returns copies of the messages that were sent after the position and are still stored, in the order of sending.
     */
    public List<StreamedMessage> still(int queueId, long after, int max) {
        return store.locked(queueId, List.of(), queue -> copies(queueId, queue.contents(), after, max));
    }

    /** The first dead letters in the order in which the messages were sent, without their bodies. */
    public List<DeadLetter.Summary> deadLetterSummaries(int queueId, int max) {
        return store.locked(queueId, List.of(), queue -> queue.contents().deadLetters.first(max).stream()
                .map(InMemoryDeadLetters.KeptDeadLetter::letter)
                .map(letter ->
                        new DeadLetter.Summary(letter.id(), letter.reason(), letter.lastError(), letter.deadAt()))
                .toList());
    }

    public Page<DeadLetter> deadLetters(int queueId, int limit, Optional<String> after) {
        return store.locked(
                queueId,
                new Page<>(List.of(), Optional.empty()),
                queue -> queue.contents().deadLetters.page(limit, after));
    }

    public Optional<DeadLetter> deadLetter(int queueId, String id) {
        return store.locked(
                queueId,
                Optional.empty(),
                queue -> queue.contents().deadLetters.find(id).map(InMemoryDeadLetters.KeptDeadLetter::letter));
    }

    private static Optional<InMemoryMessage> at(InMemoryQueue queue, MessageKey key) {
        return Optional.ofNullable(queue.contents().messages.get(key.position()));
    }

    /** @param after priority and position of the last message of the page before */
    private static Page<MessageView> page(
            int queueId, InMemoryContents contents, MessageView.State state, int limit, Optional<String> after) {
        String[] last = after.orElse("-1 -1").split(" ");
        MessageKey from = new MessageKey(queueId, Integer.parseInt(last[0]), Long.parseLong(last[1]));
        List<InMemoryMessage> some = contents.messages.values().stream()
                .filter(message -> message.level.name().equals(state.name()) && message.key.compareTo(from) > 0)
                .sorted(Comparator.comparing(message -> message.key))
                .limit(limit + 1L)
                .toList();
        List<InMemoryMessage> shown = some.subList(0, Math.min(limit, some.size()));
        return new Page<>(
                shown.stream().map(InMemoryMessage::view).toList(),
                some.size() > limit
                        ? Optional.of(shown.getLast().key.priority() + " " + shown.getLast().key.position())
                        : Optional.empty());
    }

    private static List<StreamedMessage> copies(int queueId, InMemoryContents contents, long after, int max) {
        return contents.messages.tailMap(after, false).values().stream()
                .limit(max)
                .map(message -> new StreamedMessage(
                        queueId,
                        message.key.position(),
                        message.shownId(),
                        message.body,
                        message.metadata,
                        message.key.priority(),
                        message.enqueuedAt))
                .toList();
    }
}
