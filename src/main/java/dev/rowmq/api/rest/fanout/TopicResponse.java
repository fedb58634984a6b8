package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.Topic;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.List;

/** A topic with its bindings. */
@Schema(name = "Topic")
public record TopicResponse(
        @Schema(example = "order-events") String name, Instant createdAt, List<TopicBindingJson> bindings) {

    public static TopicResponse of(Topic topic) {
        return new TopicResponse(
                topic.name(),
                topic.createdAt(),
                TopicBindingJson.of(topic.bindings()));
    }
}
