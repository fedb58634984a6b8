package dev.rowmq.store.jpa.catalog;

import dev.rowmq.model.fanout.Topic;

import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The topics and their bindings. Each method takes part in the caller's transaction. */
@Component
public class TopicStore {

    private static final TypeReference<List<Topic.Binding>> BINDINGS = new TypeReference<>() {};

    private final TopicRepository topics;
    private final QueueRepository queues;
    private final JsonMapper json;

    TopicStore(TopicRepository topics, QueueRepository queues, JsonMapper json) {
        this.topics = topics;
        this.queues = queues;
        this.json = json;
    }

    public Optional<Topic> find(String name) {
        return topics.findById(name).map(this::topic);
    }

    /** In the order of names. */
    public List<Topic> all() {
        return topics.findAllByOrderByName().stream().map(this::topic).toList();
    }

    /** Creates the topic, or replaces all bindings of the existing one. */
    public Topic put(String name, List<Topic.Binding> bindings) {
        TopicEntity topic = topics.findById(name)
                .orElseGet(() -> new TopicEntity(name, queues.clock().truncatedTo(ChronoUnit.MICROS)));
        topic.bind(json.writeValueAsString(bindings));
        return topic(topics.saveAndFlush(topic));
    }

    /** Returns whether the topic existed. */
    public boolean delete(String name) {
        return topics.deleteByName(name) > 0;
    }

    private Topic topic(TopicEntity row) {
        return new Topic(row.name(), json.readValue(row.bindings(), BINDINGS), row.createdAt());
    }
}
