package dev.rowmq.queue.durable;

import dev.rowmq.model.Page;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.Refusal;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.Processed;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.jpa.messages.Shelf;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Looking at messages of the caller's partition without touching anything. */
@Component
public class Looking {

    /** Of the bodies of a page, about: pages are in memory as a whole. */
    static final long PAGE_BYTES = 8L * 1024 * 1024;

    private final Shelf shelf;
    private final LowWater lowWater;

    Looking(Shelf shelf, LowWater lowWater) {
        this.shelf = shelf;
        this.lowWater = lowWater;
    }

    @Transactional(readOnly = true)
    public Optional<Duration> oldestAge(Queue queue) {
        return shelf.oldestAge(queue.id(), queue.levels(), level -> lowWater.head(queue.id(), level));
    }

    @Transactional(readOnly = true)
    public Page<MessageView> peek(Queue queue, MessageView.State state, int limit, Optional<String> cursor) {
        return shelf.page(queue, state, limit, cursor, PAGE_BYTES);
    }

    @Transactional(readOnly = true)
    public Optional<MessageView> message(Queue queue, String id) {
        return shelf.find(queue.id(), id);
    }

    @Transactional(readOnly = true)
    public Optional<Processed> processed(Queue queue, String id) {
        return shelf.processed(queue.id(), id);
    }

    @Transactional(readOnly = true)
    public Set<Long> processedPositions(Queue queue, Collection<String> ids) {
        return shelf.processedPositions(queue.id(), ids);
    }

    public static Refusal notFound(Queue queue, String id, String what) {
        return new Refusal(
                ErrorCode.MESSAGE_NOT_FOUND,
                "id",
                "queue '%s' has no %s with the id '%s'"
                        .formatted(queue.name(), what, dev.rowmq.model.error.Printable.of(id, 120)));
    }
}
