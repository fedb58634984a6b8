package dev.rowmq.queue.group;

import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.queue.FifoRules;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/** The deduplication of messages in FIFO queues. */
public final class Deduplication {

    /** Begins every key: no producer's id has it. */
    private static final char MARK = '\u0001';

    private Deduplication() {}

    /**
     * The message as its queue stores it: with the deduplication id that its body gives it, when the queue says so.
     * A message with an id of its own needs none.
     */
    public static NewMessage identified(NewMessage message, FifoRules rules) {
        return message.id().isPresent()
                        || message.deduplicationId().isPresent()
                        || !rules.contentBasedDeduplication()
                ? message
                : message.withDeduplicationId(
                        HexFormat.of().formatHex(sha256(message.body().bytes())));
    }

    /** The key under which the message is recorded; empty for a message that is not compared with earlier ones. */
    public static Optional<String> key(NewMessage message, FifoRules rules) {
        return message.deduplicationId()
                .filter(id -> message.id().isEmpty())
                .map(id -> rules.deduplicationPerGroup() ? message.group().orElse("") + "\n" + id : id)
                .map(scoped -> MARK + Base64.getUrlEncoder().withoutPadding()
                        .encodeToString(sha256(scoped.getBytes(StandardCharsets.UTF_8))));
    }

    private static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
