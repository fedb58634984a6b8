package dev.rowmq.model.message;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The content of a message.
 *
 * @param bytes UTF-8 for {@link Kind#TEXT} and {@link Kind#JSON}; must not be modified
 */
public record Body(Kind kind, byte[] bytes) {

    /**
     * The form in which the producer sent the body and the consumer receives it. The ordinals are stored in the
     * database, so constants may only be appended.
     */
    public enum Kind {
        TEXT,
        JSON,
        BYTES
    }

    /** SHA-256 of kind and bytes. Two bodies with the same hash are treated as equal. */
    public byte[] hash() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((byte) kind.ordinal());
            return digest.digest(bytes);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
