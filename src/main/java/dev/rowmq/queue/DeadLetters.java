package dev.rowmq.queue;

import dev.rowmq.message.DeadLetter;
import dev.rowmq.message.Page;
import dev.rowmq.message.Queue;
import dev.rowmq.store.DeadLetterStore;

import java.util.List;
import java.util.Optional;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** A queue's own list of dead letters. */
@Component
class DeadLetters {

    private final DeadLetterStore store;

    DeadLetters(DeadLetterStore store) {
        this.store = store;
    }

    @Transactional(readOnly = true)
    public Page<DeadLetter> page(Queue queue, int limit, Optional<String> cursor) {
        return store.page(queue.id(), limit, cursor);
    }

    @Transactional(readOnly = true)
    public DeadLetter get(Queue queue, String id) {
        return store.find(queue.id(), id).orElseThrow(() -> Looking.notFound(queue, id, "dead letter"));
    }

    @Transactional
    public List<String> redrive(Queue queue, List<String> ids) {
        return store.redrive(queue, ids.stream().filter(MessageRules::isId).toList());
    }

    @Transactional
    public List<String> redriveFirst(Queue queue, int most) {
        return store.redriveFirst(queue, most);
    }

    @Transactional
    public void delete(Queue queue, String id) {
        if (!store.delete(queue, id)) {
            throw Looking.notFound(queue, id, "dead letter");
        }
    }

    @Transactional
    public int deleteFirst(Queue queue, int most) {
        return store.deleteFirst(queue, most);
    }

    @Transactional
    public int deleteOld(Queue queue, int most) {
        return store.deleteOld(queue, most);
    }
}
