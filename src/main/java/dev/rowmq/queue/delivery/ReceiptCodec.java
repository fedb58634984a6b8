package dev.rowmq.queue.delivery;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.cluster.SigningKeyStore;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * Writes and reads sealed texts that only this service can create: receipts, which contain a lease so that settling it
 * needs no look-up, and cursors. The seal is the first 8 bytes of an HMAC-SHA-256 (RFC 2104).
 */
@Component
public class ReceiptCodec {

    private static final byte VERSION = 1;
    private static final int SEAL_BYTES = 8;
    private static final int RECEIPT_BYTES = 1 + 4 + 1 + 8 + 8 + 4;

    private final Mac mac;

    @Autowired
    ReceiptCodec(SigningKeyStore keys) throws GeneralSecurityException {
        this(keys.key());
    }

    /** @param key 32 bytes */
    ReceiptCodec(byte[] key) throws GeneralSecurityException {
        this.mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
    }

    /**
     * The content of a receipt.
     *
     * @param deliveries the number of the delivery for which it was issued
     */
    record Receipt(MessageKey key, long token, int deliveries) {}

    String write(Receipt receipt) {
        ByteBuffer bytes = ByteBuffer.allocate(RECEIPT_BYTES)
                .put(VERSION)
                .putInt(receipt.key().queueId())
                .put((byte) receipt.key().priority())
                .putLong(receipt.key().position())
                .putLong(receipt.token())
                .putInt(receipt.deliveries());
        return sealed("receipt", bytes.array());
    }

    /** Empty if the text is not a receipt of this service. */
    Optional<Receipt> read(String text) {
        return open("receipt", text)
                .map(ByteBuffer::wrap)
                .filter(bytes -> bytes.remaining() == RECEIPT_BYTES && bytes.get() == VERSION)
                .map(bytes -> {
                    int queueId = bytes.getInt();
                    int priority = bytes.get();
                    MessageKey key = new MessageKey(queueId, priority, bytes.getLong());
                    return new Receipt(key, bytes.getLong(), bytes.getInt());
                });
    }

    /** @param purpose the use of the text; with another purpose it cannot be opened */
    public String sealed(String purpose, byte[] content) {
        byte[] sealed = Arrays.copyOf(content, content.length + SEAL_BYTES);
        System.arraycopy(seal(purpose, content), 0, sealed, content.length, SEAL_BYTES);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
    }

    public Optional<byte[]> open(String purpose, String text) {
        byte[] sealed;
        try {
            sealed = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
        if (sealed.length <= SEAL_BYTES
                || !Base64.getUrlEncoder().withoutPadding().encodeToString(sealed).equals(text)) {
            return Optional.empty();
        }
        byte[] content = Arrays.copyOf(sealed, sealed.length - SEAL_BYTES);
        byte[] seal = Arrays.copyOfRange(sealed, content.length, sealed.length);
        return MessageDigest.isEqual(seal, seal(purpose, content)) ? Optional.of(content) : Optional.empty();
    }

    private byte[] seal(String purpose, byte[] content) {
        try {
            Mac copy = (Mac) mac.clone();
            copy.update(purpose.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            copy.update((byte) 0);
            return Arrays.copyOf(copy.doFinal(content), SEAL_BYTES);
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
