package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.Topic;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

/** The settings that a {@code PUT} changes; a null field keeps its value. */
@Schema(name = "TopicSettings")
public record TopicSettingsRequest(
        @Schema(description = "queues that receive the topic's messages, 0 to 100; other queues are unbound")
        List<TopicBindingJson> bindings) {

    public List<Topic.Binding> over(List<Topic.Binding> before) {
        return bindings == null ? before : bindings.stream().map(TopicBindingJson::checked).toList();
    }
}
