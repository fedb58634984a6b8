package dev.rowmq.api.rest;

import dev.rowmq.api.rest.fanout.SecretRotationRequest;
import dev.rowmq.api.rest.fanout.SubscriptionResponse;
import dev.rowmq.api.rest.fanout.SubscriptionSettingsRequest;
import dev.rowmq.api.rest.openapi.RequestExample;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.model.Upserted;
import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.queue.subscription.SubscriptionAdmin;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;

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
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/queues/{queue}/subscriptions}: receivers to which the service posts the queue's messages. */
@RestController
@RequestMapping("/v1/queues/{queue}/subscriptions")
@Tag(name = "Push")
class SubscriptionController {

    private final SubscriptionAdmin subscriptions;
    private final Versions versions;

    SubscriptionController(SubscriptionAdmin subscriptions, Versions versions) {
        this.subscriptions = subscriptions;
        this.versions = versions;
    }

    /** The subscriptions of a queue. */
    record Subscriptions(List<SubscriptionResponse> items) {}

    @Operation(
            operationId = "putSubscription",
            summary = "Create a subscription, which posts a queue's messages to a url, or change its settings",
            description =
                    "The service receives messages from the queue and posts each to the url, with the headers and the"
                        + " signature of Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature),"
                        + " `rowmq-queue`, `rowmq-subscription` and a W3C `traceparent`; with batchSize 1 also"
                        + " `rowmq-deliveries`, `rowmq-fencing-token`, `rowmq-enqueued-at` and `rowmq-metadata-...`,"
                        + " which are fields of each message in a batch, `{\"messages\": [...]}`. After a 2xx response"
                        + " the messages are acked and their ids recorded as processed, in one transaction per"
                        + " partition. After any other response they are delivered again after a delay, until they"
                        + " become dead letters. 429 and 503 with Retry-After delay the next call that long, up to a"
                        + " day; 410 disables the subscription; five failures in a row cause a pause. Messages already"
                        + " leased when such a pause begins are returned without a call, which counts as a delivery."
                        + " Subscriptions of one queue share its messages. The url must be https on port 443 and"
                        + " resolve to public addresses only, unless rowmq.push.allow-cidrs contains its network."
                        + Versions.CONDITIONS)
    @Statuses({200, 201, 400, 404, 409, 412})
    @RequestExample("""
        {"url": "https://example.com/orders", "workers": 4, "batchSize": 1, "timeout": "15s"}\
        """)
    @PutMapping("/{name}")
    ResponseEntity<SubscriptionResponse> put(
            @PathVariable String queue,
            @PathVariable String name,
            @RequestBody SubscriptionSettingsRequest settings,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        Upserted<Subscription> put = subscriptions.put(
                queue,
                name,
                before -> {
                    versions.check(headers, before);
                    return settings.over(before.orElse(Subscription.Settings.DEFAULT));
                },
                Optional.ofNullable(settings.secret()));
        return ResponseEntity.status(put.created() ? 201 : 200)
                .eTag(versions.tag(put.value().settings()))
                .body(SubscriptionResponse.of(put.value(), put.created(), Optional.empty()));
    }

    @Operation(
            operationId = "listSubscriptions",
            summary = "List a queue's subscriptions, each with a report of its deliveries",
            description = "In the order of their names; at most 20.")
    @Statuses({200, 400, 404})
    @GetMapping
    Subscriptions list(@PathVariable String queue) {
        return new Subscriptions(subscriptions.of(queue).stream().map(this::measured).toList());
    }

    @Operation(operationId = "getSubscription", summary = "Get a subscription with a report of its deliveries")
    @Statuses({200, 400, 404})
    @GetMapping("/{name}")
    SubscriptionResponse get(
            @PathVariable String queue, @PathVariable String name, HttpServletResponse response) {
        Subscription subscription = subscriptions.get(queue, name);
        response.setHeader(HttpHeaders.ETAG, versions.tag(subscription.settings()));
        return measured(subscription);
    }

    private SubscriptionResponse measured(Subscription subscription) {
        return SubscriptionResponse.of(subscription, false, Optional.of(subscriptions.report(subscription)));
    }

    @Operation(
            operationId = "deleteSubscription",
            summary = "Remove a subscription",
            description = "The queue's messages stay.")
    @Statuses({204, 400, 404})
    @DeleteMapping("/{name}")
    ResponseEntity<Void> delete(@PathVariable String queue, @PathVariable String name) {
        subscriptions.delete(queue, name);
        return ResponseEntity.noContent().build();
    }

    @Operation(
            operationId = "pauseSubscription",
            summary = "Stop delivering",
            description = "On all instances within 2 s; running calls are completed.")
    @Statuses({200, 400, 404})
    @PostMapping("/{name}/pause")
    SubscriptionResponse pause(@PathVariable String queue, @PathVariable String name) {
        return SubscriptionResponse.of(subscriptions.pause(queue, name), false, Optional.empty());
    }

    @Operation(operationId = "resumeSubscription", summary = "Resume delivering, also after the receiver answered 410")
    @Statuses({200, 400, 404})
    @PostMapping("/{name}/resume")
    SubscriptionResponse resume(@PathVariable String queue, @PathVariable String name) {
        return SubscriptionResponse.of(subscriptions.resume(queue, name), false, Optional.empty());
    }

    @Operation(
            operationId = "rotateSubscriptionSecret",
            summary = "Change the secret that signs calls",
            description =
                    "The response contains the new secret. For the time of keepOld calls have both signatures, so that"
                            + " receivers can be updated meanwhile. While an earlier secret still signs, keepOld must"
                            + " be given.")
    @Statuses({200, 400, 404, 409})
    @RequestExample("""
        {"keepOld": "24h"}\
        """)
    @PostMapping("/{name}/rotate-secret")
    SubscriptionResponse rotateSecret(
            @PathVariable String queue,
            @PathVariable String name,
            @RequestBody(required = false) SecretRotationRequest rotation) {
        SecretRotationRequest wished = rotation == null ? new SecretRotationRequest(null, null) : rotation;
        return SubscriptionResponse.of(
                subscriptions.rotateSecret(
                        queue,
                        name,
                        Optional.ofNullable(wished.secret()),
                        Optional.ofNullable(wished.keepOld())),
                true,
                Optional.empty());
    }
}
