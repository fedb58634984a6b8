package dev.rowmq.api.rest.json;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.PublishResult;
import dev.rowmq.model.fanout.Topic;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The JSON shapes of topics. */
public final class TopicJson {

    private TopicJson() {}

    /** What a {@code PUT} changes: what is null stays as it is. */
    @Schema(name = "TopicSettings")
    public record Settings(@Schema(description = "the queues that get the topic's messages, 0 to 100; those left out are bound no longer") List<Binding> bindings) {

        public List<Topic.Binding> over(List<Topic.Binding> before) {
            return bindings == null ? before : bindings.stream().map(Binding::checked).toList();
        }
    }

    @Schema(name = "Binding")
    record Binding(
            @Schema(example = "orders", requiredMode = Schema.RequiredMode.REQUIRED) String queue,
            @Schema(
                            example = "{\"type\": [\"order.created\", \"order.paid\"]}",
                            description = "up to 10 names of metadata, each with 1 to 50 values of which a message must have one; empty = all messages")
                    Map<String, List<String>> filter) {

        private static Topic.Binding checked(Binding binding) {
            if (binding == null || binding.queue() == null) {
                throw new QueueException(
                        ErrorCode.INVALID_REQUEST, "bindings", "a binding has no queue; write {\"queue\": \"its name\"}");
            }
            return new Topic.Binding(binding.queue(), binding.filter() == null ? Map.of() : binding.filter());
        }
    }

    @Schema(name = "Topic")
    public record View(@Schema(example = "order-events") String name, Instant createdAt, List<Binding> bindings) {

        public static View of(Topic topic) {
            return new View(
                    topic.name(),
                    topic.createdAt(),
                    topic.bindings().stream()
                            .map(binding -> new Binding(binding.queue(), binding.filter()))
                            .toList());
        }
    }

    @Schema(name = "PublishResult")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Result(
            @Schema(example = "orders") String queue,
            String id,
            @Schema(allowableValues = {"accepted", "duplicate", "rejected"}) String status,
            Instant enqueuedAt,
            Instant visibleAt,
            ErrorCode code,
            String field,
            String detail) {

        public static Result of(PublishResult published) {
            MessageJson.BatchItem item = MessageJson.BatchItem.of(0, published.result());
            return new Result(
                    published.queue(),
                    item.id(),
                    item.status(),
                    item.enqueuedAt(),
                    item.visibleAt(),
                    item.code(),
                    item.field(),
                    item.detail());
        }
    }

    @Schema(name = "PublishResults")
    public record Results(@Schema(description = "one for each bound queue whose filter takes the message") List<Result> results) {}
}
