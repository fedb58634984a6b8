package dev.rowmq.api.rest.json;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.model.message.SettleResult;
import dev.rowmq.model.queue.EndReason;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;

import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.Optional;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/** The JSON shapes of messages. */
public final class MessageJson {

    private static final String FIRST = "only of a duplicate whose first message is gone and was not acked: how that "
            + "ended";

    private MessageJson() {}

    @Schema(name = "NewMessage")
    public record Send(
            @Schema(
                            implementation = Object.class,
                            types = {"string", "object", "array", "number", "boolean"},
                            description = "any text, or any JSON value but null, which is kept byte for byte but for "
                                    + "white space between its parts; names within an object must differ")
                    BodyJson body,
            @Schema(description = "the body as bytes, in base64 (RFC 4648, section 4), in place of body") String bodyBase64,
            @Schema(example = "order-1042", description = "1 to 100 printable characters; the same id again is stored once")
                    String id,
            @Schema(example = "{\"type\": \"order.created\"}", description = "up to 10 entries of text") Map<String, String> metadata,
            @JsonDeserialize(using = PriorityReader.class)
                    @Schema(example = "0", description = "a whole number; outside the queue's levels means the lowest")
                    Integer priority,
            @Schema(type = "string", example = "10s", description = "rest before the first delivery, 0s to 365d") Duration delay,
            @Schema(example = "2026-12-01T08:00:00Z", description = "the same as a time (RFC 3339), up to 365d from now") Instant deliverAt,
            @Schema(type = "string", example = "1h", description = "how long it may wait once visible, 1s to 365d") Duration ttl,
            @Schema(hidden = true) String group) {

        public NewMessage message() {
            if (group != null) {
                throw new QueueException(
                        ErrorCode.NOT_SUPPORTED, "group", "this version does not know message groups; leave the field out");
            }
            return new NewMessage(
                    readBody(),
                    Optional.ofNullable(id),
                    metadata == null ? Map.of() : metadata,
                    priority == null ? Integer.MAX_VALUE : priority,
                    Optional.ofNullable(delay),
                    Optional.ofNullable(deliverAt),
                    Optional.ofNullable(ttl));
        }

        private Body readBody() {
            if ((body == null) == (bodyBase64 == null)) {
                throw new QueueException(
                        ErrorCode.INVALID_REQUEST, "body", "send exactly one of body and bodyBase64; they hold the message");
            }
            if (body != null) {
                return body.body();
            }
            try {
                return new Body(Body.Kind.BYTES, Base64.getDecoder().decode(bodyBase64));
            } catch (IllegalArgumentException notBase64) {
                throw new QueueException(
                        ErrorCode.INVALID_REQUEST,
                        "bodyBase64",
                        "bodyBase64 is not base64 (RFC 4648, section 4): " + notBase64.getMessage());
            }
        }
    }

    /** A whole number of any size: one that no int can hold is outside the queue's levels like many others. */
    static final class PriorityReader extends ValueDeserializer<Integer> {

        @Override
        public Integer deserialize(JsonParser json, DeserializationContext context) {
            if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
                return (Integer) context.handleUnexpectedToken(Integer.class, json);
            }
            return json.getNumberType() == JsonParser.NumberType.INT ? json.getIntValue() : Integer.MAX_VALUE;
        }
    }

    @Schema(name = "NewMessages")
    public record SendBatch(
            @ArraySchema(
                            schema = @Schema(implementation = Send.class),
                            arraySchema =
                                    @Schema(description = "1 to 1000 messages",
                                    requiredMode = Schema.RequiredMode.REQUIRED))
                    List<Item> messages) {}

    /**
     * One message of a batch, not parsed yet.
     *
     * @param json as it was sent
     */
    @JsonDeserialize(using = ItemReader.class)
    public record Item(byte[] json) {}

    static final class ItemReader extends ValueDeserializer<Item> {

        @Override
        public Item deserialize(JsonParser json, DeserializationContext context) {
            return new Item(JsonSource.value(json, context));
        }
    }

    @Schema(name = "Sent")
    public record Sent(
            String id,
            @Schema(allowableValues = {"accepted", "duplicate"}) String status,
            @JsonInclude(JsonInclude.Include.NON_NULL)
                    @Schema(allowableValues = {"purged", "expired", "deleted"}, description = FIRST)
                    String first,
            Instant enqueuedAt,
            Instant visibleAt) {

        public static Sent of(SendResult.Stored stored) {
            return new Sent(
                    stored.id(),
                    stored.duplicate() ? "duplicate" : "accepted",
                    stored.first().map(EndReason::text).orElse(null),
                    stored.enqueuedAt(),
                    stored.visibleAt());
        }
    }

    @Schema(name = "BatchResult")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record BatchItem(
            int index,
            String id,
            @Schema(allowableValues = {"accepted", "duplicate", "rejected"}) String status,
            @Schema(allowableValues = {"purged", "expired", "deleted"}, description = FIRST) String first,
            Instant enqueuedAt,
            Instant visibleAt,
            ErrorCode code,
            String field,
            String detail) {

        public static BatchItem of(int index, SendResult result) {
            return switch (result) {
                case SendResult.Stored stored -> {
                    Sent sent = Sent.of(stored);
                    yield new BatchItem(
                            index, sent.id(), sent.status(), sent.first(), sent.enqueuedAt(), sent.visibleAt(), null,
                            null, null);
                }
                case SendResult.Rejected rejected -> new BatchItem(
                        index,
                        null,
                        "rejected",
                        null,
                        null,
                        null,
                        rejected.fault().code(),
                        rejected.fault().field().isEmpty() ? null : rejected.fault().field(),
                        rejected.fault().detail());
            };
        }
    }

    @Schema(name = "BatchResults")
    public record BatchResults(List<BatchItem> results) {}

    @Schema(name = "Receive")
    public record Receive(
            @Schema(example = "10", defaultValue = "1", description = "most messages, 1 to 1000") Integer max,
            @Schema(type = "string", example = "20s", defaultValue = "0s", description = "how long to wait for the first, 0s to 60s")
                    @JsonProperty("wait")
                    Duration waitTime,
            @Schema(type = "string", example = "30s", description = "how long the leases last, 0s to 12h; else as the queue says")
                    Duration visibilityTimeout) {}

    @Schema(name = "Delivery")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Received(
            String id,
            @Schema(description = "opaque; settles this delivery only") String receipt,
            @Schema(implementation = Object.class, types = {"string", "object", "array", "number", "boolean"}) BodyJson body,
            String bodyBase64,
            Map<String, String> metadata,
            int priority,
            @JsonInclude(JsonInclude.Include.ALWAYS) @Schema(types = {"string", "null"}) String group,
            @Schema(description = "1 for the first delivery") int deliveries,
            @Schema(description = "greater with each delivery of the message") long fencingToken,
            Instant enqueuedAt,
            Instant firstReceivedAt,
            Instant leaseUntil) {

        public static Received of(Delivery delivery) {
            return new Received(
                    delivery.id(),
                    delivery.receipt(),
                    value(delivery.body()),
                    base64(delivery.body()),
                    delivery.metadata(),
                    delivery.priority(),
                    null,
                    delivery.deliveries(),
                    delivery.fencingToken(),
                    delivery.enqueuedAt(),
                    delivery.firstReceivedAt(),
                    delivery.leaseUntil());
        }
    }

    @Schema(name = "Copy")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Copied(
            String id,
            @Schema(implementation = Object.class, types = {"string", "object", "array", "number", "boolean"}) BodyJson body,
            String bodyBase64,
            Map<String, String> metadata,
            int priority,
            Instant enqueuedAt) {

        public static Copied of(StreamedMessage copy) {
            return new Copied(
                    copy.id(), value(copy.body()), base64(copy.body()), copy.metadata(), copy.priority(), copy.enqueuedAt());
        }
    }

    @Schema(name = "Dropped")
    public record Dropped(@Schema(description = "how many the reader was too slow for; 1 also for a partition that does not answer") long messages) {}

    private static BodyJson value(Body body) {
        return body.kind() == Body.Kind.BYTES ? null : new BodyJson(body);
    }

    private static String base64(Body body) {
        return body.kind() == Body.Kind.BYTES ? Base64.getEncoder().encodeToString(body.bytes()) : null;
    }

    /**
     * @param wanted      whether the client still waits for them, as far as can be told
     * @param undelivered is called when the client cannot get them
     */
    @Schema(name = "Deliveries")
    public record Deliveries(
            List<Received> messages,
            @JsonIgnore @Schema(hidden = true) BooleanSupplier wanted,
            @JsonIgnore @Schema(hidden = true) Runnable undelivered) {}

    @Schema(name = "Ack")
    public record Ack(@Schema(description = "1 to 1000 receipts", requiredMode = Schema.RequiredMode.REQUIRED) List<String> receipts) {}

    @Schema(name = "Nack")
    public record Nack(
            @Schema(description = "1 to 1000 receipts", requiredMode = Schema.RequiredMode.REQUIRED) List<String> receipts,
            @Schema(type = "string", example = "10s", description = "rest before the next delivery, 0s to 365d; else as the queue's retry says")
                    Duration delay,
            @Schema(example = "card declined", description = "kept with the message, up to 1000 characters") String error) {}

    @Schema(name = "Extend")
    public record Extend(
            @Schema(description = "1 to 1000 receipts", requiredMode = Schema.RequiredMode.REQUIRED) List<String> receipts,
            @Schema(type = "string", example = "60s", description = "the lease ends that long from now, 0s to 12h; else the queue's")
                    Duration visibilityTimeout) {}

    @Schema(name = "Settled")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Settled(
            String receipt,
            @Schema(allowableValues = {"acked", "nacked", "dead", "extended", "stale", "gone", "invalid", "unavailable", "unknown"}) String status,
            @Schema(description = "only of an extend") Instant leaseUntil) {

        public static Settled of(SettleResult result) {
            return new Settled(
                    result.receipt(), lower(result.status()), result.leaseUntil().orElse(null));
        }
    }

    @Schema(name = "SettleResults")
    public record SettleResults(List<Settled> results) {}

    @Schema(name = "Message")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Peeked(
            String id,
            @Schema(allowableValues = {"ready", "delayed", "inFlight"}) String state,
            @Schema(implementation = Object.class, types = {"string", "object", "array", "number", "boolean"}) BodyJson body,
            String bodyBase64,
            Map<String, String> metadata,
            int priority,
            int deliveries,
            Instant enqueuedAt,
            @Schema(description = "when it can be received next, unless it is settled before") Instant visibleAt,
            Instant expiresAt,
            Instant firstReceivedAt,
            String lastError) {

        public static Peeked of(MessageView view) {
            return new Peeked(
                    view.id(),
                    view.state() == MessageView.State.IN_FLIGHT ? "inFlight" : lower(view.state()),
                    value(view.body()),
                    base64(view.body()),
                    view.metadata(),
                    view.priority(),
                    view.deliveries(),
                    view.enqueuedAt(),
                    view.visibleAt(),
                    view.expiresAt(),
                    view.firstReceivedAt().orElse(null),
                    view.lastError().orElse(null));
        }
    }

    @Schema(name = "DeadLetter")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Dead(
            String id,
            @Schema(allowableValues = {"max-deliveries", "expired", "rejected"}) String reason,
            String lastError,
            @Schema(implementation = Object.class, types = {"string", "object", "array", "number", "boolean"}) BodyJson body,
            String bodyBase64,
            Map<String, String> metadata,
            int priority,
            int deliveries,
            Instant enqueuedAt,
            Instant firstReceivedAt,
            Instant deadAt) {

        public static Dead of(DeadLetter letter) {
            return new Dead(
                    letter.id(),
                    letter.reason().text(),
                    letter.lastError().orElse(null),
                    value(letter.body()),
                    base64(letter.body()),
                    letter.metadata(),
                    letter.priority(),
                    letter.deliveries(),
                    letter.enqueuedAt(),
                    letter.firstReceivedAt().orElse(null),
                    letter.deadAt());
        }
    }

    @Schema(name = "Redrive")
    public record Redrive(
            @Schema(description = "1 to 1000 ids; or all") List<String> ids,
            @Schema(description = "true for all of them; or ids") Boolean all,
            @Schema(example = "100", description = "no faster than this, 1 to 10000; only with all") Integer messagesPerSecond) {}

    @Schema(name = "Redriven")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Redriven(
            @Schema(description = "messages put back so far") long messages,
            @Schema(description = "whether the work goes on by itself") boolean running,
            @Schema(description = "the ids that were found, when ids were given") List<String> ids) {}

    @Schema(name = "Processed")
    public record ProcessedId(String id, Instant enqueuedAt, Instant processedAt) {}

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
