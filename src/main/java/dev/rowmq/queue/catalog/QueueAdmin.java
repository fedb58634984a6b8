package dev.rowmq.queue.catalog;

import dev.rowmq.model.Upserted;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.Topic;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.ResourceName;
import dev.rowmq.store.jpa.catalog.QueueStore;
import dev.rowmq.store.jpa.catalog.SubscriptionStore;
import dev.rowmq.store.jpa.catalog.TopicStore;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Creates, changes, pauses and deletes queues. */
@Component
public class QueueAdmin {

    private final QueueStore store;
    private final TopicStore topics;
    private final SubscriptionStore subscriptions;

    QueueAdmin(QueueStore store, TopicStore topics, SubscriptionStore subscriptions) {
        this.store = store;
        this.topics = topics;
        this.subscriptions = subscriptions;
    }

    /**
     * Creates a queue or changes its settings. Like every method that names a queue, it throws FORBIDDEN for a queue
     * outside the caller's {@link QueueScope}.
     *
     * @param change from the present queue, empty when there is none, to its settings
     */
    @Transactional
    public Upserted<Queue> put(String name, Function<Optional<Queue>, QueueSettings> change) {
        QueueScope.checked(ResourceName.checked(name));
        store.lockRelations();
        Optional<Queue> existing = store.lock(name);
        QueueSettings settings = change.apply(existing);
        existing.ifPresent(queue -> checkFixed(queue, settings));
        settings.deadLetterQueue().ifPresent(target -> {
            if (existing.flatMap(queue -> queue.settings().deadLetterQueue()).filter(target::equals).isEmpty()) {
                QueueScope.checked(target);
            }
            checkDeadLetterQueue(name, target);
            QueueSettings other = store.find(target).orElseThrow().settings();
            if (other.storage() != settings.storage()) {
                throw invalid("'%s' and '%s' have different storage: a dead letter could be lost on its way"
                        .formatted(name, target));
            }
            if (other.fifo().isPresent() != settings.fifo().isPresent()) {
                throw invalid("only one of '%s' and '%s' is a FIFO queue; dead letters keep their groups"
                        .formatted(name, target));
            }
        });
        return existing.isPresent()
                ? new Upserted<>(store.change(name, settings), false)
                : new Upserted<>(store.create(name, settings), true);
    }

    /** @throws QueueException for a change of what is fixed when a queue is created */
    private static void checkFixed(Queue queue, QueueSettings settings) {
        if (queue.settings().storage() != settings.storage()) {
            throw fixed("storage", queue, queue.settings().storage().name().toLowerCase(Locale.ROOT));
        }
        if (queue.settings().fifo().isPresent() != settings.fifo().isPresent()) {
            throw fixed("fifo", queue, Boolean.toString(queue.settings().fifo().isPresent()));
        }
    }

    private static QueueException fixed(String field, Queue queue, String value) {
        return new QueueException(
                ErrorCode.INVALID_REQUEST,
                field,
                "%s of queue '%s' is %s, which cannot be changed; make another queue"
                        .formatted(field, queue.name(), value));
    }

    private void checkDeadLetterQueue(String name, String target) {
        Set<String> visited = new HashSet<>(Set.of(name));
        for (Optional<String> next = Optional.of(target); next.isPresent(); next = follow(next.get())) {
            if (!visited.add(next.get())) {
                throw invalid("'%s' cannot take the dead letters of '%s': they would go round in a circle"
                        .formatted(target, name));
            }
        }
    }

    private Optional<String> follow(String target) {
        ResourceName.checked(target);
        return store.find(target)
                .orElseThrow(() ->
                        invalid("there is no queue '%s' to take the dead letters; create it first".formatted(target)))
                .settings()
                .deadLetterQueue();
    }

    private static QueueException invalid(String detail) {
        return new QueueException(ErrorCode.INVALID_REDRIVE, "deadLetterQueue", detail);
    }

    @Transactional(readOnly = true)
    public Optional<Queue> find(String name) {
        return store.find(ResourceName.checked(name));
    }

    /** The existing queues among these names. */
    @Transactional(readOnly = true)
    public List<Queue> find(Set<String> names) {
        return store.find(names);
    }

    /** The queues in the caller's {@link QueueScope}; all queues for a background job. */
    @Transactional(readOnly = true)
    public List<Queue> all() {
        return store.all().stream().filter(queue -> QueueScope.allows(queue.name())).toList();
    }

    @Transactional
    public Queue pause(String name, boolean paused) {
        existing(name);
        return store.pause(name, paused);
    }

    @Transactional
    public Queue delete(String name) {
        store.lockRelations();
        Queue queue = existing(name);
        for (Queue other : store.all()) {
            if (other.settings().deadLetterQueue().filter(name::equals).isPresent()) {
                throw new QueueException(
                        ErrorCode.QUEUE_CONFLICT,
                        "'%s' takes the dead letters of %s; change that queue's deadLetterQueue first"
                                .formatted(name, QueueScope.named("queue", other.name())));
            }
        }
        for (Topic topic : topics.all()) {
            if (topic.bindings().stream().anyMatch(binding -> binding.queue().equals(name))) {
                throw new QueueException(
                        ErrorCode.QUEUE_CONFLICT,
                        "'%s' is bound to %s; take it out of that topic's bindings first"
                                .formatted(name, QueueScope.named("topic", topic.name())));
            }
        }
        subscriptions.deleteAll(queue);
        store.delete(name);
        return queue;
    }

    private Queue existing(String name) {
        return store.lock(QueueScope.checked(ResourceName.checked(name))).orElseThrow(() -> notFound(name));
    }

    public static QueueException notFound(String name) {
        return new QueueException(
                ErrorCode.QUEUE_NOT_FOUND,
                "queue",
                "there is no queue '%s'; create it with PUT /v1/queues/%s".formatted(name, name));
    }
}
