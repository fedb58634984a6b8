package dev.rowmq.api.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
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
            Optional<KnownKey> caller =
                    KnownKey.withHash(keys, ApiKeyProperties.sha256(header.substring(SCHEME.length())));
            if (caller.isPresent()) {
                caller.get().proceed(request, response, chain);
                return;
            }
        }
        chain.doFilter(request, response);
    }
}
