package dev.rowmq.api.security;

import dev.rowmq.model.message.SendContext;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

import org.springframework.web.filter.OncePerRequestFilter;

/** Authenticates callers by {@code Authorization: Bearer <key>} (RFC 6750, section 2.1). */
final class ApiKeyFilter extends OncePerRequestFilter {

    private static final String SCHEME = "Bearer ";

    private final List<KnownKey> keys;

    ApiKeyFilter(List<KnownKey> keys) {
        this.keys = keys;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String header = request.getHeader("Authorization");
        if (header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            caller(header.substring(SCHEME.length())).ifPresent(key -> {
                request.setAttribute(SendContext.ATTRIBUTE, key.sender());
                key.authenticate();
            });
        }
        chain.doFilter(request, response);
    }

    /** Compares the secret with every key, so that the duration reveals nothing about the keys. */
    private Optional<KnownKey> caller(String secret) {
        byte[] hash = ApiKeyProperties.sha256(secret);
        Optional<KnownKey> found = Optional.empty();
        for (KnownKey key : keys) {
            if (MessageDigest.isEqual(hash, key.hash())) {
                found = Optional.of(key);
            }
        }
        return found;
    }
}
