package dev.rowmq.api.security;

import dev.rowmq.api.http.SqsRequests;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.message.SendContext;

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
    private static final String UNKNOWN_SECRET = "a secret that no key has";

    private final Map<String, KnownKey> keys;
    private final Clock clock;

    /** @param keys the configured keys, with what each one may do */
    SignatureFilter(List<KnownKey> keys, Clock clock) {
        this.keys = keys.stream().collect(Collectors.toMap(KnownKey::name, Function.identity()));
        this.clock = clock;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !SqsRequests.matches(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String header = request.getHeader("Authorization");
        if (header == null || !header.startsWith("AWS4")) {
            chain.doFilter(request, response);
            return;
        }
        Whole whole = new Whole(request, request.getInputStream().readAllBytes());
        try {
            KnownKey key = caller(whole, header);
            request.setAttribute(SendContext.ATTRIBUTE, key.sender());
            key.authenticate();
        } catch (SqsRequests.Unsigned refusal) {
            request.setAttribute(SqsRequests.UNSIGNED, refusal);
        }
        chain.doFilter(whole, response);
    }

    private KnownKey caller(Whole request, String header) throws SqsRequests.Unsigned {
        Matcher parts = AUTHORIZATION.matcher(header);
        if (!parts.matches() || Collections.list(request.getHeaders("Authorization")).size() > 1) {
            throw mismatch("the header Authorization is not of the form %s Credential=..., SignedHeaders=..., "
                    .formatted(SignatureV4.ALGORITHM) + "Signature=...");
        }
        if (request.getHeader("X-Amz-Security-Token") != null) {
            throw new SqsRequests.Unsigned(true, "session tokens are not supported; sign with a configured key");
        }
        String[] credential = parts.group(1).split("/");
        if (credential.length != 5
                || !credential[3].equals(SERVICE)
                || !credential[4].equals(SignatureV4.TERMINATOR)) {
            throw mismatch("the credential is '%s'; it must be <key>/<date>/<region>/sqs/aws4_request"
                    .formatted(SafeText.of(parts.group(1), 200)));
        }
        SignatureV4.Scope scope = new SignatureV4.Scope(credential[1], credential[2], credential[3]);
        String time = time(request, scope);
        SignatureV4.SignedRequest signed = new SignatureV4.SignedRequest(
                request.getMethod(),
                request.getRequestURI(),
                Optional.ofNullable(request.getQueryString()).orElse(""),
                signedHeaders(request, List.of(parts.group(2).split(";"))),
                request.body);
        Optional<KnownKey> key = Optional.ofNullable(keys.get(credential[0])).filter(KnownKey::canSign);
        String expected =
                SignatureV4.sign(key.flatMap(KnownKey::secret).orElse(UNKNOWN_SECRET), scope, time, signed);
        boolean equal = MessageDigest.isEqual(ascii(expected), ascii(parts.group(3)));
        if (key.isEmpty()) {
            throw new SqsRequests.Unsigned(
                    true, "no key in rowmq.security.api-keys has the name '%s' and a secret in clear text"
                            .formatted(SafeText.of(credential[0], 100)));
        }
        if (!equal) {
            throw mismatch("the signature is not that of this request with the secret of '%s'"
                    .formatted(key.get().name()));
        }
        return key.get();
    }

    private String time(HttpServletRequest request, SignatureV4.Scope scope) throws SqsRequests.Unsigned {
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
        if (!time.startsWith(scope.date())) {
            throw mismatch("the date of the credential is not that of X-Amz-Date");
        }
        return time;
    }

    /** Every header on which the response depends must be signed, and be there once. */
    private static SortedMap<String, String> signedHeaders(HttpServletRequest request, List<String> names)
            throws SqsRequests.Unsigned {
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
            boolean needed = name.equals("host") || name.equals("content-type") || name.startsWith("x-amz-");
            if (needed && !headers.containsKey(name)) {
                throw mismatch("the header %s is not signed".formatted(name));
            }
        }
        return headers;
    }

    private static SqsRequests.Unsigned mismatch(String detail) {
        return new SqsRequests.Unsigned(false, detail);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** A request whose body was read, and can be read again. */
    private static final class Whole extends HttpServletRequestWrapper {

        private final byte[] body;

        Whole(HttpServletRequest request, byte[] body) {
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
