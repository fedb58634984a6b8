package dev.rowmq.api.console;

import dev.rowmq.api.http.AuditFilter;
import dev.rowmq.api.http.ConsoleSignIn;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.SendContext;

import io.github.bucket4j.Bucket;

import jakarta.servlet.http.HttpServletRequest;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseCookie;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The console's start page and its sign-in. All redirects are relative, so that they hold behind any proxy. */
@RestController
@ConditionalOnBooleanProperty(name = "rowmq.console.enabled", matchIfMissing = true)
class ConsoleController {

    private static final int MAX_ATTEMPTS_PER_MINUTE = 10;
    private static final int MAX_ADDRESSES = 1000;
    private static final Pattern PATH = Pattern.compile("/|/[A-Za-z0-9/._~%!$&'()*+=:@-]{0,200}/");

    private final ConsoleSignIn signIn;

    /** Failed attempts of each address; the address that was first is forgotten first. */
    private final Map<String, Bucket> attempts = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > MAX_ADDRESSES;
        }
    };

    ConsoleController(ConsoleSignIn signIn) {
        this.signIn = signIn;
    }

    /** Where a program finds the API. */
    record Places(String api, String description, String console, String health) {}

    /** A browser goes to the console, and a program learns where the API is. */
    @GetMapping("/")
    ResponseEntity<Places> root(HttpServletRequest request) {
        String accept = Optional.ofNullable(request.getHeader(HttpHeaders.ACCEPT)).orElse("");
        return accept.contains(MediaType.TEXT_HTML_VALUE)
                ? redirect("console/")
                : ResponseEntity.ok(new Places("v1/", "v3/api-docs", "console/", "actuator/health"));
    }

    @GetMapping("/console")
    ResponseEntity<Places> withoutSlash() {
        return redirect("console/");
    }

    private static ResponseEntity<Places> redirect(String where) {
        return ResponseEntity.status(302).header(HttpHeaders.LOCATION, where).build();
    }

    @GetMapping(path = "/console/", produces = MediaType.TEXT_HTML_VALUE)
    ResponseEntity<Resource> page() {
        return ResponseEntity.ok()
                .contentType(new MediaType(MediaType.TEXT_HTML, StandardCharsets.UTF_8))
                .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                .body(new ClassPathResource("console/index.html"));
    }

    /**
     * A sign-in.
     *
     * @param key  the secret of an API key
     * @param path the path at which the browser sees the service, which only the browser knows behind a proxy
     */
    record SignIn(String key, String path) {}

    @PostMapping("/console/session")
    ResponseEntity<Void> signIn(@RequestBody SignIn body, HttpServletRequest request) {
        Bucket bucket = bucket(request.getRemoteAddr());
        if (bucket.getAvailableTokens() == 0) {
            throw new QueueException(
                    ErrorCode.RATE_LIMITED,
                    "key",
                    "%d attempts to sign in failed within a minute; wait a minute".formatted(MAX_ATTEMPTS_PER_MINUTE));
        }
        String path = path(body.path());
        if (body.key() == null) {
            throw new QueueException(ErrorCode.INVALID_REQUEST, "key", "key is missing; send the secret of an API key");
        }
        request.setAttribute(AuditFilter.ACTION, "signIn");
        ConsoleSignIn.ConsoleSession session = signIn.session(body.key().strip()).orElseThrow(() -> {
            bucket.tryConsume(1);
            return new QueueException(
                    ErrorCode.UNAUTHENTICATED, "no API key has this secret; see rowmq.security.api-keys");
        });
        request.setAttribute(AuditFilter.ACTOR, session.key());
        return cookie(session.cookie(), path, ConsoleSignIn.VALIDITY, request);
    }

    @DeleteMapping("/console/session")
    ResponseEntity<Void> signOut(@RequestParam Optional<String> path, HttpServletRequest request) {
        if (SendContext.of(request.getAttribute(SendContext.ATTRIBUTE)).name().isPresent()) {
            request.setAttribute(AuditFilter.ACTION, "signOut");
        }
        return cookie("", path(path.orElse(null)), Duration.ZERO, request);
    }

    private static ResponseEntity<Void> cookie(
            String value, String path, Duration validity, HttpServletRequest request) {
        ResponseCookie cookie = ResponseCookie.from(ConsoleSignIn.COOKIE, value)
                .path(path)
                .maxAge(validity)
                .httpOnly(true)
                .secure(request.isSecure() || "https".equals(request.getHeader("X-Forwarded-Proto")))
                .sameSite("Strict")
                .build();
        return ResponseEntity.noContent()
                .header(HttpHeaders.SET_COOKIE, cookie.toString())
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .build();
    }

    private static String path(String path) {
        if (path != null && !PATH.matcher(path).matches()) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST,
                    "path",
                    "path must begin and end with a slash, without ; and , and with up to 200 characters between");
        }
        return path == null ? "/" : path;
    }

    private synchronized Bucket bucket(String address) {
        return attempts.computeIfAbsent(address, first -> Bucket.builder()
                .addLimit(limit -> limit.capacity(MAX_ATTEMPTS_PER_MINUTE)
                        .refillGreedy(MAX_ATTEMPTS_PER_MINUTE, Duration.ofMinutes(1)))
                .build());
    }
}
