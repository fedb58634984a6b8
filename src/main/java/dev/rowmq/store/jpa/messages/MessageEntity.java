package dev.rowmq.store.jpa.messages;

import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.store.sql.MessageRowKey;
import dev.rowmq.store.sql.MetadataJson;

import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;

import java.time.Instant;
import java.util.Optional;

/**
 * A row of {@code message}: ready or in flight. The hot path reads and writes these rows by SQL, see
 * {@code MessageStore}.
 */
@Entity
@Table(name = "message")
class MessageEntity extends MessageColumns {

    @EmbeddedId
    private MessageRowKey key;

    private Instant visibleAt;
    private short leaseState;
    private long leaseToken;
    private Instant leasedAt;
    private Instant expiresAt;

    protected MessageEntity() {}

    MessageRowKey key() {
        return key;
    }

    boolean leased() {
        return leaseState > 0;
    }

    MessageView view(MetadataJson text) {
        return view(
                Optional.ofNullable(id).orElseGet(() -> GeneratedId.of(key.key())),
                leased() ? MessageView.State.IN_FLIGHT : MessageView.State.READY,
                text.read(metadata),
                key.key(),
                visibleAt,
                expiresAt);
    }

    /** The first lease of a message is recorded as the last until there is a second. */
    @Override
    Optional<Instant> firstReceivedAt() {
        return super.firstReceivedAt().or(() -> Optional.ofNullable(leasedAt));
    }
}
