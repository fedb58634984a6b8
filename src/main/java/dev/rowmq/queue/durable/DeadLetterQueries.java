package dev.rowmq.queue.durable;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageValidator;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.jpa.messages.DeadLetterStore;

import java.util.List;
import java.util.Optional;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** A queue's own list of dead letters, in the caller's partition. */
@Component
public class DeadLetterQueries {

    private final DeadLetterStore store;

    DeadLetterQueries(DeadLetterStore store) {
        this.store = store;
    }

    @Transactional(readOnly = true)
    public Page<DeadLetter> page(Queue queue, int limit, Optional<String> cursor) {
        return store.page(queue.id(), limit, cursor, MessageQueries.PAGE_BYTES);
    }

    @Transactional(readOnly = true)
    public List<DeadLetter.Summary> summaries(Queue queue, int max) {
        return store.summaries(queue.id(), max);
    }

    @Transactional(readOnly = true)
    public Optional<DeadLetter> find(Queue queue, String id) {
        return store.find(queue.id(), id);
    }

    List<String> redrive(Queue queue, List<String> ids) {
        return store.redrive(queue, ids.stream().filter(MessageValidator::isId).toList());
    }

    int redriveFirst(Queue queue, int most) {
        return store.redriveFirst(queue, most);
    }

    /** Returns whether the dead letter existed. */
    boolean delete(Queue queue, String id) {
        return store.delete(queue, id);
    }

    int deleteFirst(Queue queue, int most) {
        return store.deleteFirst(queue, most);
    }

    public int deleteOld(Queue queue) {
        return store.deleteOld(queue);
    }
}
