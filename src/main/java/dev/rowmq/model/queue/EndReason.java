package dev.rowmq.model.queue;

import java.util.Locale;
import java.util.Optional;

/** How a message ended without an ack. The order is that of the stored numbers, which begin with 1: append only. */
public enum EndReason {
    PURGED,
    EXPIRED,
    /** It became a dead letter, which was deleted or grew too old. */
    DELETED;

    /** As the API writes it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As it is stored. */
    public int number() {
        return ordinal() + 1;
    }

    /** @param number as stored; 0 = it did not end so */
    public static Optional<EndReason> of(int number) {
        return number == 0 ? Optional.empty() : Optional.of(values()[number - 1]);
    }
}
