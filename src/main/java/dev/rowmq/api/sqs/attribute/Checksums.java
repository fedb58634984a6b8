package dev.rowmq.api.sqs.attribute;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;

/**
 * The MD5 sums that clients of Amazon SQS compare (SQS Developer Guide, "Calculating the MD5 message digest for message
 * attributes").
 */
public final class Checksums {

    private static final byte STRING = 1;
    private static final byte BINARY = 2;

    private Checksums() {}

    /** Lower-case hexadecimal digits. */
    public static String ofBody(String body) {
        return hex(md5().digest(body.getBytes(StandardCharsets.UTF_8)));
    }

    /** @param attributes by name, not empty */
    public static String ofAttributes(SortedMap<String, MessageAttribute> attributes) {
        MessageDigest digest = md5();
        for (Map.Entry<String, MessageAttribute> entry : attributes.entrySet()) {
            MessageAttribute attribute = entry.getValue();
            update(digest, entry.getKey().getBytes(StandardCharsets.UTF_8));
            update(digest, attribute.dataType().getBytes(StandardCharsets.UTF_8));
            digest.update(attribute.isBinary() ? BINARY : STRING);
            update(digest, attribute.isBinary()
                    ? Base64.getDecoder().decode(attribute.value())
                    : attribute.value().getBytes(StandardCharsets.UTF_8));
        }
        return hex(digest.digest());
    }

    private static void update(MessageDigest digest, byte[] bytes) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
