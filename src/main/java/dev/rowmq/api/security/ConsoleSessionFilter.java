package dev.rowmq.api.security;

import dev.rowmq.api.http.AuditFilter;
import dev.rowmq.api.http.ConsoleProperties;
import dev.rowmq.api.http.ConsoleSignIn;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Authenticates the console by its session. A change by a session is accepted only from a page of the service itself
 * ({@code Sec-Fetch-Site}, or else {@code Origin}) and with the console's header, which a page of another site cannot
 * add without asking first. Refuses all changes by a console that is read-only.
 */
final class ConsoleSessionFilter extends OncePerRequestFilter {

    private static final Set<String> SAFE = Set.of("GET", "HEAD");

    private final ConsoleSessions sessions;
    private final ConsoleProperties properties;
    private final HandlerExceptionResolver problems;

    ConsoleSessionFilter(
            ConsoleSessions sessions, ConsoleProperties properties, HandlerExceptionResolver problems) {
        this.sessions = sessions;
        this.properties = properties;
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        boolean change = !SAFE.contains(request.getMethod());
        boolean marked = request.getHeader(ConsoleSignIn.HEADER) != null;
        Optional<KnownKey> caller = request.getHeader("Authorization") == null && properties.enabled()
                ? caller(request)
                : Optional.empty();
        if (change && (marked || caller.isPresent()) && !request.getServletPath().equals("/console/session")) {
            boolean identified = caller.isPresent() || sessions.withoutKeys();
            caller.ifPresent(key -> request.setAttribute(AuditFilter.ACTOR, key.name()));
            if (properties.readOnly() && identified) {
                refuse(request, response, "the console is read-only (rowmq.console.read-only)");
                return;
            }
            if (caller.isPresent() && !(marked && sameOrigin(request))) {
                refuse(request, response, "a session of the console makes changes from the console's own pages only");
                return;
            }
        }
        if (caller.isPresent()) {
            caller.get().proceed(request, response, chain);
        } else {
            chain.doFilter(request, response);
        }
    }

    private void refuse(HttpServletRequest request, HttpServletResponse response, String detail) {
        problems.resolveException(request, response, null, new QueueException(ErrorCode.FORBIDDEN, detail));
    }

    /** An old cookie of a longer path comes before that of the session. */
    private Optional<KnownKey> caller(HttpServletRequest request) {
        Cookie[] cookies = request.getCookies();
        return cookies == null
                ? Optional.empty()
                : Arrays.stream(cookies)
                        .filter(cookie -> cookie.getName().equals(ConsoleSignIn.COOKIE))
                        .flatMap(cookie -> sessions.key(cookie.getValue()).stream())
                        .findFirst();
    }

    /** By the header that current browsers set, or by the host of the page for older ones. */
    private static boolean sameOrigin(HttpServletRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        if (site != null) {
            return site.equals("same-origin");
        }
        String origin = request.getHeader("Origin");
        String host = request.getHeader("Host");
        try {
            return origin != null && host != null && host.equals(URI.create(origin).getRawAuthority());
        } catch (IllegalArgumentException unreadable) {
            return false;
        }
    }
}
