package dev.rowmq.queue.send;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.Refusal;
import dev.rowmq.model.fanout.Published;
import dev.rowmq.model.fanout.Topic;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.message.Sender;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueName;
import dev.rowmq.queue.catalog.KnownQueues;
import dev.rowmq.queue.catalog.QueueProperties;
import dev.rowmq.queue.catalog.Recent;
import dev.rowmq.queue.catalog.Topics;
import dev.rowmq.store.database.Partitions;

import java.util.List;
import java.util.stream.IntStream;

import org.springframework.stereotype.Component;

/** Send to a topic: a copy for each bound queue that takes the message, all stored by one transaction. */
@Component
public class Publishing {

    /** Of all copies of one message, which are in memory together. */
    private static final long MOST_BYTES = 64L * 1024 * 1024;

    private final KnownQueues queues;
    private final Sending sending;
    private final Recent<Topic> known;

    Publishing(Topics topics, KnownQueues queues, Sending sending, Partitions partitions, QueueProperties properties) {
        this.queues = queues;
        this.sending = sending;
        this.known = new Recent<>(
                properties.cache(),
                new Recent.Source<>(
                        Topic::name,
                        QueueName::checkedTopic,
                        // one at a time, as its filters may be large
                        names -> partitions.in(0, () -> topics.find(names.iterator().next())).stream().toList(),
                        1,
                        () -> partitions.count() > 1));
    }

    /** One result per queue that takes the message, in the order of the bindings. @throws Refusal TOPIC_NOT_FOUND, INVALID_TOPIC_NAME, MESSAGE_TOO_LARGE */
    public List<Published> publish(String topicName, NewMessage message, Sender sender) {
        Topic topic = known.find(topicName).orElseThrow(() -> Topics.notFound(topicName));
        // a queue that is bound cannot be deleted: one that is not there was unbound a moment ago
        List<Queue> takers = topic.bindings().stream()
                .filter(binding -> binding.takes(message.metadata()))
                .flatMap(binding -> queues.find(binding.queue()).stream())
                .toList();
        long bytes = (long) message.body().bytes().length * takers.size();
        if (bytes > MOST_BYTES) {
            throw new Refusal(
                    ErrorCode.MESSAGE_TOO_LARGE,
                    "body",
                    "the copies for %d queues would be %d bytes; allowed is 1 to %d for all of them together, send to fewer queues at once"
                            .formatted(takers.size(), bytes, MOST_BYTES));
        }
        List<SendResult> results = sending.sendToEach(takers, message, sender);
        return IntStream.range(0, results.size())
                .mapToObj(i -> new Published(takers.get(i).name(), results.get(i)))
                .toList();
    }

    public void remember(Topic topic) {
        known.remember(topic);
    }

    public void forget(String topicName) {
        known.forget(topicName);
    }
}
