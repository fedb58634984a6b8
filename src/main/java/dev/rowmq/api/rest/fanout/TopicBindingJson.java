package dev.rowmq.api.rest.fanout;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.Topic;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;
import java.util.Map;

/** The binding of a queue to a topic, with its filter. */
@Schema(name = "Binding")
public record TopicBindingJson(
        @Schema(example = "orders", requiredMode = Schema.RequiredMode.REQUIRED)
        String queue,

        @Schema(
                example = "{\"type\": [\"order.created\", \"order.paid\"]}",
                description =
                        "up to 10 metadata names, each with 1 to 50 values of which a message must have one; empty"
                                + " = all messages")
        Map<String, List<String>> filter) {

    public static List<TopicBindingJson> of(List<Topic.Binding> bindings) {
        return bindings.stream()
                .map(binding -> new TopicBindingJson(binding.queue(), binding.filter()))
                .toList();
    }

    static Topic.Binding checked(TopicBindingJson binding) {
        if (binding == null || binding.queue() == null) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST, "bindings", "a binding has no queue; write {\"queue\": \"its name\"}");
        }
        return new Topic.Binding(binding.queue(), binding.filter() == null ? Map.of() : binding.filter());
    }
}
