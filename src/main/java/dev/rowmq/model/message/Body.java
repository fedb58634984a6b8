package dev.rowmq.model.message;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What a message says.
 *
 * @param bytes UTF-8 for {@link Kind#TEXT} and {@link Kind#JSON}; not to be changed by anyone
 */
public record Body(Kind kind, byte[] bytes) {

    /**
     * How the producer sent it, which is how the consumer gets it back. The order is that of the stored numbers: append
     * only.
     */
    public enum Kind {
        TEXT,
        JSON,
        BYTES
    }

    /** SHA-256 of kind and bytes: two bodies with the same one are the same. */
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
