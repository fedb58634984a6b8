package dev.rowmq.queue.durable;

import dev.rowmq.model.Page;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.ProcessedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.jpa.messages.MessageReader;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Reads messages of the current partition without changing them. */
@Component
public class MessageQueries {

    /** Approximate maximum bytes of the bodies in a page, which is completely in memory. */
    static final long PAGE_BYTES = 8L * 1024 * 1024;

    private final MessageReader messageReader;
    private final LowWaterMarks lowWaterMarks;

    MessageQueries(MessageReader messageReader, LowWaterMarks lowWaterMarks) {
        this.messageReader = messageReader;
        this.lowWaterMarks = lowWaterMarks;
    }

    @Transactional(readOnly = true)
    public Optional<Duration> oldestAge(Queue queue) {
        return messageReader.oldestAge(queue.id(), queue.levels(), level -> lowWaterMarks.head(queue.id(), level));
    }

    @Transactional(readOnly = true)
    public Page<MessageView> peek(Queue queue, MessageView.State state, int limit, Optional<String> cursor) {
        return messageReader.page(queue, state, limit, cursor, PAGE_BYTES);
    }

    @Transactional(readOnly = true)
    public Optional<MessageView> message(Queue queue, String id) {
        return messageReader.find(queue.id(), id);
    }

    @Transactional(readOnly = true)
    public Optional<ProcessedId> processed(Queue queue, String id) {
        return messageReader.processed(queue.id(), id);
    }

    @Transactional(readOnly = true)
    public Set<Long> processedPositions(Queue queue, Collection<String> ids) {
        return messageReader.processedPositions(queue.id(), ids);
    }

    public static QueueException notFound(Queue queue, String id, String what) {
        return new QueueException(
                ErrorCode.MESSAGE_NOT_FOUND,
                "id",
                "queue '%s' has no %s with the id '%s'"
                        .formatted(queue.name(), what, dev.rowmq.model.error.SafeText.of(id, 120)));
    }
}
