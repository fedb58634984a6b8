package dev.rowmq.api.security;

import dev.rowmq.api.http.SqsRequests;
import dev.rowmq.api.http.SqsRequests.SignatureRefusal;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Authenticates clients of Amazon SQS by the signature in their header {@code Authorization}: the access key is the
 * name of a configured key, the secret key is its secret. A key that is configured by its SHA-256 cannot sign.
 */
final class SignatureFilter extends OncePerRequestFilter {

    private static final Pattern AUTHORIZATION = Pattern.compile(
            SignatureV4.ALGORITHM + " +Credential=([^,]+), *SignedHeaders=([a-z0-9;_-]+), *Signature=([0-9a-f]{64})");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT);
    private static final Duration MAX_SKEW = Duration.ofMinutes(15);
    private static final String SERVICE = "sqs";
    private static final Pattern CREDENTIAL = Pattern.compile(
            "(.+)/([0-9]{8})/([A-Za-z0-9-]{1,40})/" + SERVICE + "/" + SignatureV4.TERMINATOR);
    private static final int DATE_LENGTH = 8;

    private final Map<String, KnownKey> keys;
    private final Clock clock;
    private final SqsRequests sqsRequests;
    private final HandlerExceptionResolver problems;

    SignatureFilter(List<KnownKey> keys, Clock clock, SqsRequests sqsRequests, HandlerExceptionResolver problems) {
        this.keys = keys.stream().collect(Collectors.toMap(KnownKey::name, Function.identity()));
        this.clock = clock;
        this.sqsRequests = sqsRequests;
        this.problems = problems;
    }

    /** A signature is refused. */
    private static final class RefusedSignature extends Exception {

        private final transient SignatureRefusal refusal;

        RefusedSignature(boolean unknownKey, String detail) {
            super(detail, null, false, false);
            this.refusal = new SignatureRefusal(unknownKey, detail);
        }
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !sqsRequests.matches(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String header = request.getHeader("Authorization");
        if (header == null || !header.startsWith("AWS4")) {
            chain.doFilter(request, response);
            return;
        }
        try {
            Claim claim = claim(request, header);
            RereadRequest whole = new RereadRequest(request, request.getInputStream().readAllBytes());
            check(whole, claim);
            claim.key().proceed(whole, response, chain);
        } catch (RefusedSignature refused) {
            request.setAttribute(SqsRequests.REFUSAL, refused.refusal);
            chain.doFilter(request, response);
        } catch (QueueException unreadable) {
            problems.resolveException(request, response, null, unreadable);
        }
    }

    /** The claim of a header, before the signature was checked: the key that it names is known, and the time fits. */
    private record Claim(
            KnownKey key, SignatureV4.Scope scope, String time, SortedMap<String, String> headers, String signature) {}

    private Claim claim(HttpServletRequest request, String header) throws RefusedSignature {
        Matcher parts = AUTHORIZATION.matcher(header);
        if (!parts.matches() || Collections.list(request.getHeaders("Authorization")).size() > 1) {
            throw mismatch("the header Authorization is not of the form %s Credential=..., SignedHeaders=..., "
                    .formatted(SignatureV4.ALGORITHM) + "Signature=...");
        }
        if (request.getHeader("X-Amz-Security-Token") != null) {
            throw new RefusedSignature(true, "session tokens are not supported; sign with a configured key");
        }
        Matcher credential = CREDENTIAL.matcher(parts.group(1));
        if (!credential.matches()) {
            throw mismatch("the credential is '%s'; it must be <key>/<date>/<region>/sqs/aws4_request"
                    .formatted(SafeText.of(parts.group(1), 200)));
        }
        KnownKey key = keys.get(credential.group(1));
        if (key == null || !key.canSign()) {
            throw new RefusedSignature(
                    true, "no key in rowmq.security.api-keys has the name '%s' and a secret in clear text"
                            .formatted(SafeText.of(credential.group(1), 100)));
        }
        SignatureV4.Scope scope = new SignatureV4.Scope(credential.group(2), credential.group(3), SERVICE);
        return new Claim(
                key,
                scope,
                time(request, scope),
                signedHeaders(request, List.of(parts.group(2).split(";"))),
                parts.group(3));
    }

    private static void check(RereadRequest request, Claim claim) throws RefusedSignature {
        SignatureV4.SignedRequest signed = new SignatureV4.SignedRequest(
                request.getMethod(),
                request.getRequestURI(),
                Optional.ofNullable(request.getQueryString()).orElse(""),
                claim.headers(),
                request.body);
        boolean matches = claim.key().secrets().stream()
                .map(secret -> SignatureV4.sign(secret, claim.scope(), claim.time(), signed))
                .anyMatch(expected -> MessageDigest.isEqual(ascii(expected), ascii(claim.signature())));
        if (!matches) {
            throw mismatch("the signature is not that of this request with a secret of '%s'"
                    .formatted(claim.key().name()));
        }
    }

    private String time(HttpServletRequest request, SignatureV4.Scope scope) throws RefusedSignature {
        String time = Optional.ofNullable(request.getHeader("X-Amz-Date")).orElse("");
        try {
            Instant signedAt = LocalDateTime.parse(time, TIME).toInstant(ZoneOffset.UTC);
            if (Duration.between(signedAt, clock.instant()).abs().compareTo(MAX_SKEW) > 0) {
                throw mismatch("it was signed at %s, and the clock of the service shows %s; at most 15 minutes may be"
                        .formatted(signedAt, clock.instant()) + " between them");
            }
        } catch (DateTimeException unreadable) {
            throw mismatch("the header X-Amz-Date is '%s'; it must be a time such as 20261201T080000Z"
                    .formatted(SafeText.of(time, 50)));
        }
        if (!time.substring(0, DATE_LENGTH).equals(scope.date())) {
            throw mismatch("the date of the credential is not that of X-Amz-Date");
        }
        return time;
    }

    /**
     * Every header on which the response depends must be signed, and be there once. The content type is none of them:
     * X-Amz-Target decides the protocol, and clients in PHP never sign it.
     */
    private static SortedMap<String, String> signedHeaders(HttpServletRequest request, List<String> names)
            throws RefusedSignature {
        SortedMap<String, String> headers = new TreeMap<>();
        for (String name : names) {
            List<String> values = Collections.list(request.getHeaders(name));
            if (values.size() != 1 || headers.put(name, values.getFirst()) != null) {
                throw mismatch("the signed header %s is there %d times; it must be there once"
                        .formatted(name, values.size()));
            }
        }
        for (String present : Collections.list(request.getHeaderNames())) {
            String name = present.toLowerCase(Locale.ROOT);
            boolean needed = name.equals("host") || name.startsWith("x-amz-");
            if (needed && !headers.containsKey(name)) {
                throw mismatch("the header %s is not signed".formatted(name));
            }
        }
        return headers;
    }

    private static RefusedSignature mismatch(String detail) {
        return new RefusedSignature(false, detail);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** A request whose body was read, and can be read again. */
    private static final class RereadRequest extends HttpServletRequestWrapper {

        private final byte[] body;

        RereadRequest(HttpServletRequest request, byte[] body) {
            super(request);
            this.body = body;
        }

        @Override
        public ServletInputStream getInputStream() {
            ByteArrayInputStream bytes = new ByteArrayInputStream(body);
            return new ServletInputStream() {

                @Override
                public int read() {
                    return bytes.read();
                }

                @Override
                public int read(byte[] target, int offset, int length) {
                    return bytes.read(target, offset, length);
                }

                @Override
                public boolean isFinished() {
                    return bytes.available() == 0;
                }

                @Override
                public boolean isReady() {
                    return true;
                }

                @Override
                public void setReadListener(ReadListener listener) {
                    throw new UnsupportedOperationException("the body is read by blocking calls only");
                }
            };
        }
    }
}
