package dev.rowmq.api.security;

import dev.rowmq.api.http.ConsoleSignIn;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The console's sessions. A session is a text that only the service can make: the name of a key, the end of the
 * session, a random part, and their HMAC-SHA-256 (RFC 2104) by a secret derived from the key's. Nothing is stored:
 * every instance with the same keys accepts it, and none does once the secret is removed from the settings.
 */
final class ConsoleSessions implements ConsoleSignIn {

    private static final String ALGORITHM = "HmacSHA256";
    private static final String PURPOSE = "rowmq console session";
    private static final int RANDOM_BYTES = 12;
    private static final int PARTS = 4;
    private static final int MAX_LENGTH = 1000;

    private final List<KnownKey> keys;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    ConsoleSessions(List<KnownKey> keys, Clock clock) {
        this.keys = keys;
        this.clock = clock;
    }

    @Override
    public Optional<ConsoleSession> session(String secret) {
        byte[] hash = ApiKeyProperties.sha256(secret);
        return KnownKey.withHash(keys, hash).map(key -> {
            byte[] nonce = new byte[RANDOM_BYTES];
            random.nextBytes(nonce);
            String content = "%s.%d.%s".formatted(
                    text(key.name().getBytes(StandardCharsets.UTF_8)),
                    clock.instant().plus(VALIDITY).getEpochSecond(),
                    text(nonce));
            return new ConsoleSession(key.name(), content + "." + text(seal(hash, content)));
        });
    }

    /** Whether no keys are configured, so that every caller may do all. */
    boolean withoutKeys() {
        return keys.isEmpty();
    }

    /** The key with which the session began; empty when it is no session, has ended, or its secret is gone. */
    Optional<KnownKey> key(String session) {
        String[] parts = session.length() > MAX_LENGTH ? new String[0] : session.split("\\.", -1);
        if (parts.length != PARTS) {
            return Optional.empty();
        }
        try {
            String name = new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8);
            byte[] seal = Base64.getUrlDecoder().decode(parts[3]);
            String content = session.substring(0, session.lastIndexOf('.'));
            return keys.stream()
                    .filter(key -> key.name().equals(name))
                    .filter(key -> key.hashes().stream()
                            .anyMatch(hash -> MessageDigest.isEqual(seal, seal(hash, content))))
                    .filter(key -> clock.instant().isBefore(Instant.ofEpochSecond(Long.parseLong(parts[1]))))
                    .findFirst();
        } catch (IllegalArgumentException unreadable) {
            return Optional.empty();
        }
    }

    private static String text(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] seal(byte[] hash, String content) {
        return hmac(hmac(hash, PURPOSE), content);
    }

    private static byte[] hmac(byte[] key, String content) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            return mac.doFinal(content.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
