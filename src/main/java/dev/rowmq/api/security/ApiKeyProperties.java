package dev.rowmq.api.security;

import dev.rowmq.api.http.mask.BodyMask;
import dev.rowmq.model.queue.SendRate;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.security.*}.
 *
 * @param apiKeys the keys that callers may use; empty (the default) = only programs on this machine may call, without
 *                a key
 */
@ConfigurationProperties("rowmq.security")
record ApiKeyProperties(@DefaultValue List<ApiKey> apiKeys) {

    ApiKeyProperties {
        Set<String> names = new HashSet<>();
        Map<String, String> secrets = new HashMap<>();
        for (ApiKey key : apiKeys) {
            for (byte[] hash : key.hashes()) {
                String other = secrets.put(HexFormat.of().formatHex(hash), key.name());
                if (other != null) {
                    throw new IllegalArgumentException(
                            ("rowmq.security.api-keys: '%s' and '%s' have the same secret; each key needs its own, as "
                                    + "a secret identifies its key")
                                    .formatted(other, key.name()));
                }
            }
            if (!names.add(key.name())) {
                throw new IllegalArgumentException(
                        "rowmq.security.api-keys: two keys have the name '%s'; each needs its own"
                                .formatted(key.name()));
            }
        }
    }

    /** The calls that a key allows. */
    enum Role {
        /** All calls. */
        ADMIN,
        /** Send messages. */
        SEND,
        /** Receive messages, and ack, nack and extend them. */
        RECEIVE,
        /** Read queues, messages, dead letters and metrics. */
        READ
    }

    /**
     * One key.
     *
     * @param name     for people, 1 to 100 characters; appears in logs
     * @param secret   the secret that the caller sends: at least 20 ASCII characters without blanks, preferably from
     *                 the environment; or {@code sha256:} and the 64 hexadecimal digits of its SHA-256. It is never
     *                 logged
     * @param secrets  more secrets of the key, each as {@code secret}, which may then be missing; at most 10 together.
     *                 For a rotation: add the new one, change the callers, remove the old one
     * @param role     one or several of admin, send, receive, read
     * @param queues   names of the queues to which the key is limited, in which {@code *} stands for any number of
     *                 characters ({@code orders-*}); empty (the default) = all queues. A limited key cannot read
     *                 figures of all queues ({@code /actuator}), make a backup, or use topics that are bound to other
     *                 queues
     * @param maskedPaths parts of JSON bodies that the key does not see, such as {@code $.customer.email}, {@code
     *                 $.items[*].price} or {@code $..iban}; a body that is not JSON is then hidden as a whole, and
     *                 bodies cannot be searched. Only for a key with the role read alone; empty (the default) = nothing
     *                 is masked
     * @param sendRate limit for messages sent with this key to all queues together: messages-per-second and burst, see
     *                 {@link SendRate}; null (the default) = no limit
     */
    record ApiKey(
            String name,
            String secret,
            @DefaultValue List<String> secrets,
            Set<Role> role,
            @DefaultValue List<String> queues,
            @DefaultValue List<String> maskedPaths,
            SendRate sendRate) {

        private static final String HASHED = "sha256:";
        private static final int MAX_SECRETS = 10;
        private static final String PATTERN = "[A-Za-z0-9_.*-]{1,80}";

        ApiKey {
            checkName(name);
            secrets = Stream.concat(Stream.ofNullable(secret), secrets.stream()).toList();
            if (secrets.isEmpty() || secrets.size() > MAX_SECRETS) {
                throw new IllegalArgumentException(
                        ("rowmq.security.api-keys: '%s' has %d secrets; allowed are 1 to %d, make one with: openssl "
                                + "rand -hex 32")
                                .formatted(name, secrets.size(), MAX_SECRETS));
            }
            for (String each : secrets) {
                checkSecret(name, each);
            }
            for (String pattern : queues) {
                if (!pattern.matches(PATTERN)) {
                    throw new IllegalArgumentException(
                            ("rowmq.security.api-keys: '%s' is limited to queues '%s', which no name can match; "
                                    + "allowed are 1 to 80 of A-Z a-z 0-9 _ - . and * for any number of characters")
                                    .formatted(name, pattern));
                }
            }
            if (role == null || role.isEmpty()) {
                throw new IllegalArgumentException(
                        "rowmq.security.api-keys: '%s' has no role; allowed are admin, send, receive, read"
                                .formatted(name));
            }
            checkMask(name, role, maskedPaths);
        }

        /** A key that receives or administers gets whole bodies in other ways. */
        private static void checkMask(String name, Set<Role> role, List<String> paths) {
            if (!paths.isEmpty() && !role.equals(Set.of(Role.READ))) {
                throw new IllegalArgumentException(
                        "rowmq.security.api-keys: '%s' has masked-paths, which are for keys with the role read alone"
                                .formatted(name));
            }
            try {
                if (!paths.isEmpty()) {
                    new BodyMask(paths);
                }
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException(
                        "rowmq.security.api-keys: masked-paths of '%s': %s".formatted(name, wrong.getMessage()));
            }
        }

        private static void checkName(String name) {
            if (name == null || name.isBlank()) {
                throw new IllegalArgumentException("rowmq.security.api-keys: a key has no name");
            }
            if (name.length() > 100) {
                throw new IllegalArgumentException(
                        "rowmq.security.api-keys: the name '%s' has %d characters; allowed are 1 to 100"
                                .formatted(name, name.length()));
            }
        }

        private static void checkSecret(String name, String secret) {
            if (!secret.startsWith(HASHED) && secret.length() < 20) {
                throw new IllegalArgumentException(
                        ("rowmq.security.api-keys: a secret of '%s' is shorter than 20 characters; make one with: "
                                + "openssl rand -hex 32")
                                .formatted(name));
            }
            if (secret.startsWith(HASHED) && !secret.matches("sha256:[0-9a-fA-F]{64}")) {
                throw new IllegalArgumentException(
                        "rowmq.security.api-keys: a secret of '%s' is not sha256: and 64 hexadecimal digits"
                                .formatted(name));
            }
            if (!secret.startsWith(HASHED) && !secret.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
                throw new IllegalArgumentException(
                        ("rowmq.security.api-keys: a secret of '%s' has a blank or a character beyond ASCII, which "
                                + "a header cannot carry; make one with: openssl rand -hex 32")
                                .formatted(name));
            }
        }

        /** The SHA-256 of each secret. */
        List<byte[]> hashes() {
            return secrets.stream()
                    .map(each -> each.startsWith(HASHED)
                            ? HexFormat.of().parseHex(each.substring(HASHED.length()))
                            : sha256(each))
                    .toList();
        }

        /** The secrets that are not configured by their SHA-256. */
        List<String> clearSecrets() {
            return secrets.stream().filter(each -> !each.startsWith(HASHED)).toList();
        }

        @Override
        public String toString() {
            return "ApiKey[" + name + ", " + role + "]";
        }
    }

    static byte[] sha256(String text) {
        return sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
