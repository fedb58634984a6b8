package dev.rowmq.queue.catalog;

import dev.rowmq.model.Upserted;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.fanout.Topic;
import dev.rowmq.model.queue.ResourceName;
import dev.rowmq.store.jpa.catalog.QueueStore;
import dev.rowmq.store.jpa.catalog.TopicStore;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Creates topics, binds them to queues and deletes them. A topic outside the caller's {@link QueueScope}, by its own
 * name or by that of a queue to which it is bound, is not listed, and cannot be changed: {@link QueueException}
 * FORBIDDEN.
 */
@Component
public class TopicAdmin {

    private final TopicStore store;
    private final QueueStore queues;

    TopicAdmin(TopicStore store, QueueStore queues) {
        this.store = store;
        this.queues = queues;
    }

    /** @param change from the present bindings (empty for a new topic) to the new ones */
    @Transactional
    public Upserted<Topic> put(
            String name, Function<Optional<List<Topic.Binding>>, List<Topic.Binding>> change) {
        checkScope(ResourceName.checkedTopic(name));
        queues.lockRelations();
        Optional<Topic> before = store.find(name);
        before.ifPresent(TopicAdmin::checkScope);
        List<Topic.Binding> bindings = Topic.checked(change.apply(before.map(Topic::bindings)));
        bindings.forEach(this::checkQueue);
        return new Upserted<>(store.put(name, bindings), before.isEmpty());
    }

    private static Topic checkScope(Topic topic) {
        checkScope(topic.name());
        if (!topic.bindings().stream().allMatch(binding -> QueueScope.allows(binding.queue()))) {
            QueueScope.requireAll("topic '%s' is bound to another one".formatted(topic.name()));
        }
        return topic;
    }

    /** @throws QueueException FORBIDDEN when the caller may not use topics of that name */
    public static void checkScope(String topic) {
        if (!QueueScope.allows(topic)) {
            QueueScope.requireAll("topic '%s' does not match these names".formatted(SafeText.of(topic, 100)));
        }
    }

    private void checkQueue(Topic.Binding binding) {
        if (queues.find(QueueScope.checked(binding.queue())).isEmpty()) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST,
                    "bindings",
                    "there is no queue '%s' to bind; create it first".formatted(binding.queue()));
        }
    }

    /** Returns the topic for a publish, which checks the queues that take the message. */
    @Transactional(readOnly = true)
    public Optional<Topic> find(String name) {
        return store.find(ResourceName.checkedTopic(name));
    }

    /** @throws QueueException TOPIC_NOT_FOUND, INVALID_TOPIC_NAME */
    @Transactional(readOnly = true)
    public Topic get(String name) {
        checkScope(name);
        return checkScope(find(name).orElseThrow(() -> notFound(name)));
    }

    @Transactional(readOnly = true)
    public List<Topic> all() {
        return store.all().stream()
                .filter(topic -> QueueScope.allows(topic.name())
                        && topic.bindings().stream().allMatch(binding -> QueueScope.allows(binding.queue())))
                .toList();
    }

    @Transactional
    public void delete(String name) {
        queues.lockRelations();
        get(name);
        store.delete(name);
    }

    public static QueueException notFound(String name) {
        return new QueueException(
                ErrorCode.TOPIC_NOT_FOUND,
                "topic",
                "there is no topic '%s'; create it with PUT /v1/topics/%s".formatted(name, name));
    }
}
