package dev.rowmq.api.rest.export;

import dev.rowmq.api.rest.json.BodyJson;
import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.api.rest.message.SendRequest;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.ReservedMetadata;

import java.time.Instant;
import java.util.Map;

/** A line of an export: a message or a dead letter, with all fields of both. */
@HotPathJson
public record ExportedMessage(
        String id,
        String state,
        String reason,
        BodyJson body,
        String bodyBase64,
        Map<String, String> metadata,
        Integer priority,
        String group,
        Integer deliveries,
        Instant enqueuedAt,
        Instant visibleAt,
        Instant expiresAt,
        Instant firstReceivedAt,
        Instant deadAt,
        String lastError) {

    /** Whether the line is a dead letter. */
    public boolean dead() {
        return "dead".equals(state);
    }

    /**
     * The message to send: as it was sent first, but that a delayed message stays delayed.
     *
     * @param fifo whether it goes into a FIFO queue: there a message has no delay of its own, and is compared with
     *     others by its id and not by its content
     */
    public NewMessage message(boolean fifo) {
        boolean generated = id != null && GeneratedId.key(id).isPresent();
        NewMessage message = new SendRequest(
                        body,
                        bodyBase64,
                        generated ? null : id,
                        metadata == null ? null : ReservedMetadata.others(metadata),
                        priority,
                        null,
                        "delayed".equals(state) && !fifo ? visibleAt : null,
                        null,
                        group)
                .message()
                .withReserved(metadata == null ? Map.of() : ReservedMetadata.reserved(metadata));
        return fifo && generated ? message.withDeduplicationId(id) : message;
    }
}
