package dev.rowmq.api.security;

import dev.rowmq.api.security.ApiKeyProperties.ApiKey;
import dev.rowmq.api.http.mask.BodyMask;
import dev.rowmq.model.message.SendContext;
import dev.rowmq.queue.catalog.CallerKey;
import dev.rowmq.queue.catalog.QueueScope;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * A configured key.
 *
 * @param hashes  SHA-256 of each of its secrets
 * @param secrets those of its secrets that are configured in clear text and not by their SHA-256
 * @param roles   also {@link #ALL_QUEUES} if the key is not limited
 * @param scope   the queues to which the key is limited; empty = it may use all
 * @param mask    the parts of bodies that it does not see; empty = it sees all
 */
record KnownKey(
        SendContext sender,
        List<byte[]> hashes,
        List<String> secrets,
        List<SimpleGrantedAuthority> roles,
        Optional<QueueScope> scope,
        Optional<BodyMask> mask) {

    /** Authority of keys that are not limited to some queues. */
    static final String ALL_QUEUES = "ALL_QUEUES";

    static List<KnownKey> of(List<ApiKey> keys) {
        return keys.stream()
                .map(key -> new KnownKey(
                        new SendContext(Optional.of(key.name()), Optional.ofNullable(key.sendRate()), Duration.ZERO),
                        key.hashes(),
                        key.clearSecrets(),
                        Stream.concat(
                                        key.role().stream().map(Enum::name),
                                        key.queues().isEmpty() ? Stream.of(ALL_QUEUES) : Stream.empty())
                                .map(SimpleGrantedAuthority::new)
                                .toList(),
                        Optional.of(key.queues()).filter(patterns -> !patterns.isEmpty()).map(QueueScope::new),
                        Optional.of(key.maskedPaths()).filter(paths -> !paths.isEmpty()).map(BodyMask::new)))
                .toList();
    }

    /**
     * The key with a secret of that SHA-256. Compares it with every key, so that the duration reveals nothing about the
     * keys.
     */
    static Optional<KnownKey> withHash(List<KnownKey> keys, byte[] hash) {
        Optional<KnownKey> found = Optional.empty();
        for (KnownKey key : keys) {
            for (byte[] known : key.hashes()) {
                if (MessageDigest.isEqual(hash, known)) {
                    found = Optional.of(key);
                }
            }
        }
        return found;
    }

    String name() {
        return sender.name().orElseThrow();
    }

    /** Whether requests can be signed with it. */
    boolean canSign() {
        return !secrets.isEmpty();
    }

    /** Continues a request with this key as its caller, limited to what the key may use and see. */
    void proceed(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        request.setAttribute(SendContext.ATTRIBUTE, sender);
        authenticate();
        ScopedValue.CallableOp<Void, Exception> proceeding = () -> {
            chain.doFilter(request, response);
            return null;
        };
        ScopedValue.CallableOp<Void, Exception> masked =
                mask.isEmpty() ? proceeding : () -> mask.get().call(proceeding);
        ScopedValue.CallableOp<Void, Exception> limited = scope.isEmpty() ? masked : () -> scope.get().call(masked);
        try {
            CallerKey.call(name(), limited);
        } catch (IOException | ServletException | RuntimeException failed) {
            throw failed;
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void authenticate() {
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(UsernamePasswordAuthenticationToken.authenticated(name(), null, roles));
        SecurityContextHolder.setContext(context);
    }
}
