package dev.rowmq.api.rest;

import dev.rowmq.api.rest.fanout.PublishResponse;
import dev.rowmq.api.rest.fanout.PublishedMessage;
import dev.rowmq.api.rest.fanout.TopicBindingJson;
import dev.rowmq.api.rest.fanout.TopicResponse;
import dev.rowmq.api.rest.fanout.TopicSettingsRequest;
import dev.rowmq.api.rest.message.SendRequest;
import dev.rowmq.api.rest.openapi.RequestExample;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.model.Upserted;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.fanout.PublishResult;
import dev.rowmq.model.fanout.Topic;
import dev.rowmq.queue.FanoutService;

import io.micrometer.core.instrument.MeterRegistry;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.util.List;
import java.util.Optional;

import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/topics}: fan-out, a copy of each message to every bound queue. */
@RestController
@RequestMapping("/v1/topics")
@Tag(name = "Topics")
class TopicController {

    private static final String PUBLISHED = "rowmq.topic.published";

    private final FanoutService service;
    private final Versions versions;
    private final MeterRegistry meters;

    TopicController(FanoutService service, Versions versions, MeterRegistry meters) {
        this.service = service;
        this.versions = versions;
        this.meters = meters;
    }

    /** A page of topics. */
    record Topics(List<TopicResponse> items, @Schema(types = {"string", "null"}) String nextCursor) {}

    @Operation(
            operationId = "putTopic",
            summary = "Create a topic, or change its bindings",
            description = "The given bindings replace the previous ones. A queue must exist when it is bound, and"
                    + " cannot be deleted while it is bound." + Versions.CONDITIONS)
    @Statuses({200, 201, 400, 412})
    @RequestExample("""
        {"bindings": [{"queue": "billing", "filter": {"type": ["order.paid"]}}, {"queue": "audit"}]}\
        """)
    @PutMapping("/{topic}")
    ResponseEntity<TopicResponse> put(
            @PathVariable String topic,
            @RequestBody(required = false) TopicSettingsRequest settings,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        Upserted<Topic> put = service.putTopic(topic, before -> {
            versions.check(headers, before.map(TopicBindingJson::of));
            List<Topic.Binding> present = before.orElse(List.of());
            return settings == null ? present : settings.over(present);
        });
        TopicResponse answer = TopicResponse.of(put.value());
        return ResponseEntity.status(put.created() ? 201 : 200)
                .eTag(versions.tag(answer.bindings()))
                .body(answer);
    }

    @Operation(operationId = "listTopics", summary = "List the topics")
    @Statuses({200, 400})
    @GetMapping
    Topics list(@RequestParam(defaultValue = "100") int limit, @RequestParam Optional<String> cursor) {
        var page = service.topics((int) RangeCheck.within("limit", limit, 1, 1000), cursor).map(TopicResponse::of);
        return new Topics(page.items(), page.next().orElse(null));
    }

    @Operation(operationId = "getTopic", summary = "Get a topic with its bindings")
    @Statuses({200, 400, 404})
    @GetMapping("/{topic}")
    TopicResponse get(@PathVariable String topic, HttpServletResponse response) {
        TopicResponse answer = TopicResponse.of(service.topic(topic));
        response.setHeader(HttpHeaders.ETAG, versions.tag(answer.bindings()));
        return answer;
    }

    @Operation(
            operationId = "deleteTopic",
            summary = "Remove a topic",
            description = "Messages sent to it stay in the queues.")
    @Statuses({204, 400, 404})
    @DeleteMapping("/{topic}")
    ResponseEntity<Void> delete(@PathVariable String topic) {
        service.deleteTopic(topic);
        meters.find(PUBLISHED).tag("topic", topic).counters().forEach(meters::remove);
        return ResponseEntity.noContent().build();
    }

    @Operation(
            operationId = "publishMessage",
            summary = "Send a message to every bound queue whose filter takes it",
            description = "The copies are stored by one transaction: all accepted copies are durable before the"
                    + " response. Each queue checks its copy like a message sent to it alone, and reports a refusal in"
                    + " its result.")
    @Statuses({200, 400, 404, 413})
    @RequestExample("""
        {"body": {"order": 1042}, "id": "order-1042", "metadata": {"type": "order.paid"}}\
        """)
    @Parameter(
            name = SendContexts.BLOCK,
            in = ParameterIn.QUERY,
            description = SendContexts.BLOCK_MEANS,
            schema = @Schema(type = "string", example = "5s"))
    @PostMapping("/{topic}/messages")
    PublishResponse publish(@PathVariable String topic, @RequestBody SendRequest message, HttpServletRequest request) {
        List<PublishResult> published = service.publish(topic, message.message(), SendContexts.sender(request));
        meters.counter(PUBLISHED, "topic", topic).increment();
        return new PublishResponse(published.stream().map(PublishedMessage::of).toList());
    }
}
