package dev.rowmq.queue.catalog;

import dev.rowmq.model.Upserted;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.Topic;
import dev.rowmq.model.queue.ResourceName;
import dev.rowmq.store.jpa.catalog.QueueStore;
import dev.rowmq.store.jpa.catalog.TopicStore;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Creates topics, binds them to queues and deletes them. */
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
        ResourceName.checkedTopic(name);
        queues.lockRelations();
        Optional<Topic> before = store.find(name);
        List<Topic.Binding> bindings = Topic.checked(change.apply(before.map(Topic::bindings)));
        bindings.forEach(this::checkQueue);
        return new Upserted<>(store.put(name, bindings), before.isEmpty());
    }

    private void checkQueue(Topic.Binding binding) {
        if (queues.find(binding.queue()).isEmpty()) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST,
                    "bindings",
                    "there is no queue '%s' to bind; create it first".formatted(binding.queue()));
        }
    }

    @Transactional(readOnly = true)
    public Optional<Topic> find(String name) {
        return store.find(ResourceName.checkedTopic(name));
    }

    @Transactional(readOnly = true)
    public List<Topic> all() {
        return store.all();
    }

    @Transactional
    public void delete(String name) {
        queues.lockRelations();
        if (!store.delete(ResourceName.checkedTopic(name))) {
            throw notFound(name);
        }
    }

    public static QueueException notFound(String name) {
        return new QueueException(
                ErrorCode.TOPIC_NOT_FOUND,
                "topic",
                "there is no topic '%s'; create it with PUT /v1/topics/%s".formatted(name, name));
    }
}
