package dev.rowmq.model.message.key;

import java.util.Optional;
import java.util.UUID;

/**
 * The id of a message that was sent without one: a UUID of version 8 (RFC 9562, section 5.8) that contains the
 * message's key, so that a lookup by id needs no index. Layout: 32 bits queue, 16 bits 0, 4 bits version, 8 bits 0, 4
 * bits priority, 2 bits variant, 62 bits position, of which the upper 14 are the partition.
 */
public final class GeneratedId {

    private static final long VERSION_8 = 0x8000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;
    private static final long POSITION = 0x3fff_ffff_ffff_ffffL;

    private GeneratedId() {}

    public static String of(MessageKey key) {
        long high = ((long) key.queueId() << 32) | VERSION_8 | key.priority();
        return new UUID(high, VARIANT | (key.position() & POSITION)).toString();
    }

    /** Returns the key in an id that this class generated; empty for any other text. */
    public static Optional<MessageKey> key(String id) {
        if (id.length() != 36 || id.charAt(14) != '8') {
            return Optional.empty();
        }
        try {
            UUID uuid = UUID.fromString(id);
            MessageKey key = new MessageKey(
                    (int) (uuid.getMostSignificantBits() >>> 32),
                    (int) (uuid.getMostSignificantBits() & 0xf),
                    uuid.getLeastSignificantBits() & POSITION);
            return of(key).equals(id) ? Optional.of(key) : Optional.empty();
        } catch (IllegalArgumentException notHexadecimal) {
            return Optional.empty();
        }
    }
}
