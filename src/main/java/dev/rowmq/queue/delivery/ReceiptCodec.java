package dev.rowmq.queue.delivery;

import dev.rowmq.model.message.MessageKey;
import dev.rowmq.store.cluster.SigningKeyStore;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import org.springframework.stereotype.Component;

/**
 * Texts that we give out and read again, and that nobody else can make: receipts, which carry a lease so that settling
 * it needs no look-up, and cursors. Sealed with the first 8 bytes of an HMAC-SHA-256 (RFC 2104).
 */
@Component
public class ReceiptCodec {

    private static final byte VERSION = 1;
    private static final int SEAL = 8;
    private static final int LEASE = 1 + 4 + 1 + 8 + 8 + 4;

    private final Mac mac;

    ReceiptCodec(SigningKeyStore keys) throws GeneralSecurityException {
        this.mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(keys.key(), "HmacSHA256"));
    }

    /**
     * What a receipt says.
     *
     * @param deliveries the number of the delivery that it came with
     */
    record Receipt(MessageKey key, long token, int deliveries) {}

    String write(Receipt receipt) {
        ByteBuffer bytes = ByteBuffer.allocate(LEASE)
                .put(VERSION)
                .putInt(receipt.key().queueId())
                .put((byte) receipt.key().priority())
                .putLong(receipt.key().position())
                .putLong(receipt.token())
                .putInt(receipt.deliveries());
        return sealed("receipt", bytes.array());
    }

    /** Empty when the text is no receipt of ours. */
    Optional<Receipt> read(String text) {
        return open("receipt", text)
                .map(ByteBuffer::wrap)
                .filter(bytes -> bytes.remaining() == LEASE && bytes.get() == VERSION)
                .map(bytes -> {
                    int queueId = bytes.getInt();
                    int priority = bytes.get();
                    MessageKey key = new MessageKey(queueId, priority, bytes.getLong());
                    return new Receipt(key, bytes.getLong(), bytes.getInt());
                });
    }

    /** @param purpose what the text may be used for: with another one it does not open */
    public String sealed(String purpose, byte[] content) {
        byte[] sealed = Arrays.copyOf(content, content.length + SEAL);
        System.arraycopy(seal(purpose, content), 0, sealed, content.length, SEAL);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
    }

    public Optional<byte[]> open(String purpose, String text) {
        byte[] sealed;
        try {
            sealed = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
        if (sealed.length <= SEAL || !Base64.getUrlEncoder().withoutPadding().encodeToString(sealed).equals(text)) {
            return Optional.empty();
        }
        byte[] content = Arrays.copyOf(sealed, sealed.length - SEAL);
        byte[] seal = Arrays.copyOfRange(sealed, content.length, sealed.length);
        return MessageDigest.isEqual(seal, seal(purpose, content)) ? Optional.of(content) : Optional.empty();
    }

    private byte[] seal(String purpose, byte[] content) {
        try {
            Mac own = (Mac) mac.clone();
            own.update(purpose.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            own.update((byte) 0);
            return Arrays.copyOf(own.doFinal(content), SEAL);
        } catch (CloneNotSupportedException theJdksOwnCan) {
            throw new IllegalStateException(theJdksOwnCan);
        }
    }
}
