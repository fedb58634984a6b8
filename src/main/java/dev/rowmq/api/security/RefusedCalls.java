package dev.rowmq.api.security;

import dev.rowmq.model.error.LogThrottle;
import dev.rowmq.model.error.SafeText;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.time.Duration;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.web.servlet.HandlerExceptionResolver;

/** Answers calls without a valid key (401) or the right role (403), counts them, and logs at most a line every 10 s. */
final class RefusedCalls implements AuthenticationEntryPoint, AccessDeniedHandler {

    private static final Logger log = LoggerFactory.getLogger(RefusedCalls.class);

    private static final String METER = "rowmq.calls.refused";

    private final HandlerExceptionResolver problems;
    private final Counter unauthenticated;
    private final Counter forbidden;
    private final LogThrottle lines = new LogThrottle(Duration.ofSeconds(10));

    RefusedCalls(MeterRegistry meters, HandlerExceptionResolver problems) {
        this.problems = problems;
        this.unauthenticated = meters.counter(METER, "reason", "unauthenticated");
        this.forbidden = meters.counter(METER, "reason", "forbidden");
    }

    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException why) {
        unauthenticated.increment();
        log(request, request.getHeader("Authorization") == null ? "had no key" : "had no valid key");
        problems.resolveException(request, response, null, why);
    }

    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, AccessDeniedException why) {
        forbidden.increment();
        log(request, "had a key whose role does not allow it");
        problems.resolveException(request, response, null, why);
    }

    private void log(HttpServletRequest request, String what) {
        long calls = lines.event();
        if (calls > 0) {
            log.warn(
                    "{} calls were refused since the last such line; the last one, {} {} from {}, {}",
                    calls,
                    request.getMethod(),
                    SafeText.of(request.getRequestURI(), 100),
                    request.getRemoteAddr(),
                    what);
        }
    }
}
