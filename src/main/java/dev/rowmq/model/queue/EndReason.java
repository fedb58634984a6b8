package dev.rowmq.model.queue;

import java.util.Locale;
import java.util.Optional;

/** Why a message ended without an ack. The stored number is the ordinal plus 1, so constants may only be appended. */
public enum EndReason {
    PURGED,
    EXPIRED,
    /** An operator deleted the message, or it became a dead letter, which was deleted or exceeded its retention. */
    DELETED;

    /** Name in the API. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Number in the database. */
    public int number() {
        return ordinal() + 1;
    }

    /** @param number number in the database; 0 = the message did not end for one of these reasons */
    public static Optional<EndReason> of(int number) {
        return number == 0 ? Optional.empty() : Optional.of(values()[number - 1]);
    }
}
