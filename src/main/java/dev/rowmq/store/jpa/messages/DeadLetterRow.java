package dev.rowmq.store.jpa.messages;

import dev.rowmq.model.message.DeadLetter;

import java.time.Instant;
import java.util.Optional;

/** The columns of {@code dead_letter} that say why and when a message became one. */
record DeadLetterRow(String id, short reason, String lastError, Instant deadAt) {

    DeadLetter.Summary summary() {
        return new DeadLetter.Summary(
                id, DeadLetter.Reason.values()[reason], Optional.ofNullable(lastError), deadAt);
    }
}
