package dev.rowmq.push;

import dev.rowmq.model.fanout.Subscription;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.Delivery;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import tools.jackson.databind.json.JsonMapper;

/**
 * The HTTP request of one call. With a batch size of 1 the body is the message's own body, and headers carry its other
 * properties. Otherwise the body is JSON, {@code {"messages": [...]}}.
 *
 * @param id the same id whenever the same messages are delivered again
 */
record WebhookRequest(String id, byte[] body, String contentType, List<Header> headers) {

    /** Names may occur more than once: names of metadata are case-sensitive, names of headers are not. */
    record Header(String name, String value) {}

    private static final String METADATA = "rowmq-metadata-";

    private record Batch(List<Message> messages) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Message(
            String id,
            @JsonRawValue String body,
            byte[] bodyBase64,
            Map<String, String> metadata,
            int deliveries,
            long fencingToken,
            Instant enqueuedAt) {}

    /** @param clock the signed time, which receivers compare with their own clock */
    static WebhookRequest of(Subscription subscription, List<Delivery> deliveries, Instant clock, JsonMapper json) {
        Delivery first = deliveries.getFirst();
        boolean alone = subscription.settings().batchSize() == 1;
        String id = alone ? first.id() : batchId(deliveries);
        byte[] body = alone ? first.body().bytes() : batch(deliveries, json);
        List<Header> headers = new ArrayList<>();
        String signedId = webhookId(id);
        headers.add(new Header("webhook-id", signedId));
        headers.add(new Header("webhook-timestamp", Long.toString(clock.getEpochSecond())));
        headers.add(new Header("webhook-signature",
                WebhookSignature.of(secrets(subscription.secrets(), clock), signedId, clock.getEpochSecond(), body)));
        headers.add(new Header("rowmq-queue", subscription.queue()));
        headers.add(new Header("rowmq-subscription", subscription.name()));
        if (alone) {
            headers.add(new Header("rowmq-deliveries", Integer.toString(first.deliveries())));
            headers.add(new Header("rowmq-fencing-token", Long.toString(first.fencingToken())));
            headers.add(new Header("rowmq-enqueued-at", first.enqueuedAt().toString()));
            first.metadata().forEach((name, value) -> headers.add(new Header(METADATA + name, ascii(value))));
        }
        TraceContext.headers(alone ? first.metadata() : Map.of())
                .forEach((name, value) -> headers.add(new Header(name, ascii(value))));
        return new WebhookRequest(id, body, alone ? contentType(first.body().kind()) : "application/json", headers);
    }

    private static List<String> secrets(Subscription.Secrets secrets, Instant clock) {
        List<String> valid = new ArrayList<>(List.of(secrets.current()));
        secrets.old().filter(old -> secrets.oldUntil().filter(clock::isBefore).isPresent()).ifPresent(valid::add);
        return valid;
    }

    private static String contentType(Body.Kind kind) {
        return switch (kind) {
            case TEXT -> "text/plain; charset=utf-8";
            case JSON -> "application/json";
            case BYTES -> "application/octet-stream";
        };
    }

    private static byte[] batch(List<Delivery> deliveries, JsonMapper json) {
        return json.writeValueAsBytes(new Batch(deliveries.stream()
                .map(one -> new Message(
                        one.id(),
                        switch (one.body().kind()) {
                            case TEXT -> json.writeValueAsString(text(one.body()));
                            case JSON -> text(one.body());
                            case BYTES -> null;
                        },
                        one.body().kind() == Body.Kind.BYTES ? one.body().bytes() : null,
                        one.metadata(),
                        one.deliveries(),
                        one.fencingToken(),
                        one.enqueuedAt()))
                .toList()));
    }

    private static String text(Body body) {
        return new String(body.bytes(), StandardCharsets.UTF_8);
    }

    private static String batchId(List<Delivery> deliveries) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            deliveries.forEach(one -> digest.update((one.id() + "\n").getBytes(StandardCharsets.UTF_8)));
            return "batch-" + HexFormat.of().formatHex(digest.digest(), 0, 16);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    /**
     * The signature covers id, time and body, joined by dots, so an id with a dot would allow two readings of one
     * signature. Standard Webhooks (specification, "Webhook id") forbids the dot; it is sent as {@code %2E}.
     */
    private static String webhookId(String id) {
        return ascii(id).replace(".", "%2E");
    }

    /** Percent-encodes the percent sign and all bytes that a header cannot carry. */
    private static String ascii(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        StringBuilder ascii = new StringBuilder(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            boolean space = bytes[i] == ' ' && i > 0 && i < bytes.length - 1;
            boolean plain = bytes[i] > ' ' && bytes[i] < 0x7F && bytes[i] != '%';
            ascii.append(space || plain ? Character.toString(bytes[i]) : "%%%02X".formatted(bytes[i] & 0xFF));
        }
        return ascii.toString();
    }
}
