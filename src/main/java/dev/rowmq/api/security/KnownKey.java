package dev.rowmq.api.security;

import dev.rowmq.api.security.ApiKeyProperties.ApiKey;
import dev.rowmq.model.message.SendContext;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * A configured key.
 *
 * @param secret empty when the key is configured by its SHA-256
 */
record KnownKey(SendContext sender, byte[] hash, Optional<String> secret, List<SimpleGrantedAuthority> roles) {

    static List<KnownKey> of(List<ApiKey> keys) {
        return keys.stream()
                .map(key -> new KnownKey(
                        new SendContext(Optional.of(key.name()), Optional.ofNullable(key.sendRate()), Duration.ZERO),
                        key.hash(),
                        key.clearSecret(),
                        key.role().stream()
                                .map(role -> new SimpleGrantedAuthority(role.name()))
                                .toList()))
                .toList();
    }

    String name() {
        return sender.name().orElseThrow();
    }

    /** Whether requests can be signed with it. */
    boolean canSign() {
        return secret.isPresent();
    }

    /** Makes the key the caller of the current request. */
    void authenticate() {
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(UsernamePasswordAuthenticationToken.authenticated(name(), null, roles));
        SecurityContextHolder.setContext(context);
    }
}
