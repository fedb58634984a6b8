package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.fanout.Topic;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

/** What a {@code PUT} changes: what is null stays as it is. */
@Schema(name = "TopicSettings")
public record TopicSettingsRequest(
        @Schema(description = "the queues that get the topic's messages, 0 to 100; those left out are bound no longer")
        List<TopicBindingJson> bindings) {

    public List<Topic.Binding> over(List<Topic.Binding> before) {
        return bindings == null ? before : bindings.stream().map(TopicBindingJson::checked).toList();
    }
}
