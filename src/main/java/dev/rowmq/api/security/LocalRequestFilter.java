package dev.rowmq.api.security;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.net.URI;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Allows only calls by programs on this machine while no key is configured. It refuses requests from pages of other
 * sites in a browser on this machine ({@code Sec-Fetch-Site}, {@code Origin}), requests by a host name that DNS
 * rebinding leads here ({@code Host}), and requests that a proxy has forwarded. The headers are read as they were sent,
 * because Tomcat and Spring replace the host by the forwarded one when they are configured to trust a proxy.
 */
final class LocalRequestFilter extends OncePerRequestFilter {

    private static final Pattern LOOPBACK = Pattern.compile("(localhost|127\\.[0-9.]+|\\[?[0:]*:1]?)(:[0-9]{1,5})?");
    private static final Set<String> FORWARDED = Set.of("forwarded", "via", "x-real-ip", "x-original-host");

    private final HandlerExceptionResolver problems;

    LocalRequestFilter(HandlerExceptionResolver problems) {
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (!local(unwrapped(request))) {
            problems.resolveException(
                    request,
                    response,
                    null,
                    new QueueException(
                            ErrorCode.FORBIDDEN,
                            "no key is configured, so only programs on this machine may call, directly and by a "
                                    + "loopback name or"
                                    + " address; set rowmq.security.api-keys to open the service"));
            return;
        }
        chain.doFilter(request, response);
    }

    /** The request as Tomcat received it. */
    private static HttpServletRequest unwrapped(HttpServletRequest request) {
        HttpServletRequest inner = request;
        while (inner instanceof HttpServletRequestWrapper wrapper) {
            inner = (HttpServletRequest) wrapper.getRequest();
        }
        return inner;
    }

    private static boolean local(HttpServletRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        if ("cross-site".equals(site) || "same-site".equals(site)) {
            return false;
        }
        String host = request.getHeader("Host");
        if (host == null || !LOOPBACK.matcher(host).matches()) {
            return false;
        }
        String origin = request.getHeader("Origin");
        return (origin == null || loopbackOrigin(origin))
                && Collections.list(request.getHeaderNames()).stream()
                        .map(name -> name.toLowerCase(Locale.ROOT))
                        .noneMatch(name -> name.startsWith("x-forwarded-") || FORWARDED.contains(name));
    }

    /** Whether the origin is on this machine; false for {@code null}, which a page in a sandbox sends. */
    private static boolean loopbackOrigin(String origin) {
        try {
            String authority = URI.create(origin).getRawAuthority();
            return authority != null && LOOPBACK.matcher(authority).matches();
        } catch (IllegalArgumentException unreadable) {
            return false;
        }
    }
}
