package dev.rowmq.store.jpa.messages;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.key.MessageKey;

import jakarta.persistence.MappedSuperclass;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** The columns common to ready, delayed and dead-lettered messages. */
@MappedSuperclass
abstract class MessageColumns {

    String id;
    short bodyKind;
    byte[] body;
    String metadata;
    int deliveries;
    Instant enqueuedAt;
    Instant firstReceivedAt;
    String lastError;

    Body body() {
        return new Body(Body.Kind.values()[bodyKind], body);
    }

    Optional<Instant> firstReceivedAt() {
        return Optional.ofNullable(firstReceivedAt);
    }

    MessageView view(
            String shownId,
            MessageView.State state,
            Map<String, String> entries,
            MessageKey key,
            Instant visibleAt,
            Instant expiresAt) {
        return new MessageView(
                shownId,
                state,
                body(),
                entries,
                key,
                deliveries,
                enqueuedAt,
                visibleAt,
                expiresAt,
                firstReceivedAt(),
                Optional.ofNullable(lastError));
    }
}
