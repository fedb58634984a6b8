package dev.rowmq.queue;

import dev.rowmq.model.Page;
import dev.rowmq.model.Upserted;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.PublishResult;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.fanout.Topic;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.SendContext;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.catalog.TopicAdmin;
import dev.rowmq.queue.send.TopicPublisher;
import dev.rowmq.queue.stream.StreamRelay;
import dev.rowmq.queue.stream.StreamSubscriber;
import dev.rowmq.queue.stream.StreamSubscribers;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

import org.springframework.stereotype.Service;

/** Topics and streams: one message for several receivers. Errors are those of {@link QueueService}. */
@Service
public class FanoutService {

    private final TopicAdmin topics;
    private final TopicPublisher publisher;
    private final StreamRelay streamRelay;
    private final StreamSubscribers streams;
    private final QueueDirectory directory;
    private final PageCursors cursors;

    FanoutService(
            TopicAdmin topics,
            TopicPublisher publisher,
            StreamRelay streamRelay,
            StreamSubscribers streams,
            QueueDirectory directory,
            PageCursors cursors) {
        this.topics = topics;
        this.publisher = publisher;
        this.streamRelay = streamRelay;
        this.streams = streams;
        this.directory = directory;
        this.cursors = cursors;
    }

    /** @throws QueueException QUEUE_NOT_FOUND, INVALID_QUEUE_NAME */
    public void requireQueue(String name) {
        directory.get(name);
    }

    /**
     * Subscribes to a queue's stream: the subscriber gets a copy of each message sent after this method returns. The
     * caller must close the subscriber.
     *
     * @throws QueueException OVERLOADED when there are too many subscribers
     */
    public StreamSubscriber subscribe(String name) {
        return streamRelay.join(directory.get(name));
    }

    /** Reads the messages after a position that are still in the queue, in the order of sending. */
    public void replay(String name, StreamSubscriber subscriber, long after, Consumer<StreamedMessage> reader) {
        streams.replay(directory.get(name), subscriber, after, reader);
    }

    /** Returns whether the subscriber's queue still exists; true while the database cannot be read. */
    public boolean watchable(String name, StreamSubscriber subscriber) {
        try {
            return directory.find(name)
                    .filter(queue -> queue.id() == subscriber.queueId())
                    .isPresent();
        } catch (QueueException databaseAway) {
            return true;
        }
    }

    /**
     * Creates a topic or changes its bindings.
     *
     * @param change from the present bindings (empty for a new topic) to the new ones
     * @throws QueueException INVALID_TOPIC_NAME, INVALID_REQUEST, OUT_OF_RANGE
     */
    public Upserted<Topic> putTopic(
            String name, Function<Optional<List<Topic.Binding>>, List<Topic.Binding>> change) {
        Upserted<Topic> put = topics.put(name, change);
        publisher.remember(put.value());
        return put;
    }

    /**
     * A page of the topics in the order of their names.
     *
     * @param limit 1 to 1000
     */
    public Page<Topic> topics(int limit, Optional<String> cursor) {
        return cursors.pageByName("topics", limit, cursor, topics.all(), Topic::name);
    }

    /** @throws QueueException TOPIC_NOT_FOUND, INVALID_TOPIC_NAME */
    public Topic topic(String name) {
        return topics.get(name);
    }

    /**
     * Deletes a topic. Messages sent to it stay in the queues.
     *
     * @throws QueueException TOPIC_NOT_FOUND, INVALID_TOPIC_NAME
     */
    public void deleteTopic(String name) {
        topics.delete(name);
        publisher.forget(name);
    }

    /**
     * Stores a copy of the message in each bound queue whose filter matches; those for durable queues in one
     * transaction.
     *
     * @throws QueueException TOPIC_NOT_FOUND, INVALID_TOPIC_NAME
     */
    public List<PublishResult> publish(String topicName, NewMessage message, SendContext sender) {
        return publisher.publish(topicName, message, sender);
    }
}
