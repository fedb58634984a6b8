package dev.rowmq.queue.send;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.PublishResult;
import dev.rowmq.model.fanout.Topic;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.SendContext;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.ResourceName;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.catalog.QueueProperties;
import dev.rowmq.queue.catalog.QueueScope;
import dev.rowmq.queue.catalog.RefreshingCache;
import dev.rowmq.queue.catalog.TopicAdmin;
import dev.rowmq.store.database.Partitions;

import java.util.List;
import java.util.stream.IntStream;

import org.springframework.stereotype.Component;

/** Sends to a topic: stores a copy in each bound queue that takes the message, all in one transaction. */
@Component
public class TopicPublisher {

    /** Maximum bytes of all copies of a message, which are in memory together. */
    private static final long MAX_BYTES = 64L * 1024 * 1024;

    private final QueueDirectory queues;
    private final MessageSender messageSender;
    private final RefreshingCache<Topic> cache;

    TopicPublisher(
            TopicAdmin topics,
            QueueDirectory queues,
            MessageSender messageSender,
            Partitions partitions,
            QueueProperties properties) {
        this.queues = queues;
        this.messageSender = messageSender;
        this.cache = new RefreshingCache<>(
                properties.cache(),
                new RefreshingCache.Source<>(
                        Topic::name,
                        Object::new,
                        ResourceName::checkedTopic,
                        // one topic at a time, as its filters may be large
                        names -> partitions.in(0, () -> topics.find(names.iterator().next())).stream().toList(),
                        1,
                        partitions::canDegrade));
    }

    /**
     * One result per queue that takes the message, in the order of the bindings.
     *
     * @throws QueueException TOPIC_NOT_FOUND, INVALID_TOPIC_NAME, MESSAGE_TOO_LARGE
     */
    public List<PublishResult> publish(String topicName, NewMessage message, SendContext sender) {
        TopicAdmin.checkScope(topicName);
        Topic topic = cache.find(topicName).orElseThrow(() -> TopicAdmin.notFound(topicName));
        // a bound queue cannot be deleted: a queue that does not exist was unbound a moment ago
        List<Queue> takers = topic.bindings().stream()
                .filter(binding -> binding.takes(message.metadata()))
                .peek(binding -> {
                    if (!QueueScope.allows(binding.queue())) {
                        QueueScope.requireAll("topic '%s' is bound to another one".formatted(topicName));
                    }
                })
                .flatMap(binding -> queues.find(binding.queue()).stream())
                .toList();
        long bytes = (long) message.body().bytes().length * takers.size();
        if (bytes > MAX_BYTES) {
            throw new QueueException(
                    ErrorCode.MESSAGE_TOO_LARGE,
                    "body",
                    ("the copies for %d queues would be %d bytes; allowed is 1 to %d for all of them together, "
                            + "send to fewer queues at once")
                            .formatted(takers.size(), bytes, MAX_BYTES));
        }
        List<SendResult> results = messageSender.sendToEach(takers, message, sender);
        return IntStream.range(0, results.size())
                .mapToObj(i -> new PublishResult(takers.get(i).name(), results.get(i)))
                .toList();
    }

    public void remember(Topic topic) {
        cache.remember(topic);
    }

    public void forget(String topicName) {
        cache.forget(topicName);
    }
}
