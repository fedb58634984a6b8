package dev.rowmq.api.http;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Limits a request's body before it is parsed: its bytes are counted, independently of the length that its headers
 * claim; it must not be compressed; and it must be UTF-8.
 */
@Component
@Order(RequestLimitFilter.BEFORE_SECURITY)
class RequestLimitFilter extends OncePerRequestFilter {

    /** Spring Security's filters have the order -100. */
    static final int BEFORE_SECURITY = -110;

    private static final Set<String> UTF_8 = Set.of("utf-8", "utf8", "us-ascii");

    /** Bytes of heap per byte of a body: the body itself, its parsed parts, and the statement that stores them. */
    private static final long BYTES_PER_BYTE = 4;
    /** Bytes; smaller bodies are not counted, because even one per connection is little compared with the heap. */
    private static final int COUNTED_FROM = 1024;
    private static final int COUNTED_AT_ONCE = 64 * 1024;

    private final long most;
    private final MemoryBudget budget;
    private final HandlerExceptionResolver resolver;

    RequestLimitFilter(HttpProperties properties, MemoryBudget budget,
            @Qualifier("handlerExceptionResolver") HandlerExceptionResolver resolver) {
        this.budget = budget;
        this.most = properties.maxRequestSize().toBytes();
        this.resolver = resolver;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try (RequestMemory memory = RequestMemory.begin(budget, request)) {
            try {
                refuse(request);
                reserveBody(request, memory);
            } catch (QueueException refusal) {
                response.setHeader("Connection", "close");
                resolver.resolveException(request, response, null, refusal);
                return;
            }
            chain.doFilter(new Counted(request, response), response);
        }
    }

    /** Reserves memory before the body is read; a body without a length is counted as it arrives. */
    private static void reserveBody(HttpServletRequest request, RequestMemory memory) {
        if (request.getContentLengthLong() >= COUNTED_FROM) {
            memory.reserve(BYTES_PER_BYTE * request.getContentLengthLong());
        }
    }

    private void refuse(HttpServletRequest request) {
        if (request.getContentLengthLong() > most) {
            throw tooLarge();
        }
        for (String encoding : values(request, "Content-Encoding")) {
            if (!encoding.equalsIgnoreCase("identity")) {
                throw new QueueException(
                        ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                        "Content-Encoding",
                        "Content-Encoding is '%s'; send the body as it is".formatted(SafeText.of(encoding, 50)));
            }
        }
        List<String> types = Collections.list(request.getHeaders("Content-Type"));
        if (types.size() > 1) {
            throw new QueueException(ErrorCode.INVALID_REQUEST, "Content-Type",
                    "Content-Type is there %d times; send it once".formatted(types.size()));
        }
        types.forEach(RequestLimitFilter::refuseOtherCharset);
    }

    /** The values of all headers with this name, each of which may be a list (RFC 9110, section 5.3). */
    private static List<String> values(HttpServletRequest request, String header) {
        return Collections.list(request.getHeaders(header)).stream()
                .flatMap(line -> Arrays.stream(line.split(",")))
                .map(String::strip)
                .toList();
    }

    /** Checks every charset parameter, because parsers differ in which of two they use. */
    private static void refuseOtherCharset(String contentType) {
        for (String parameter : contentType.split(";")) {
            String[] both = parameter.split("=", 2);
            if (both.length == 2 && both[0].strip().equalsIgnoreCase("charset")) {
                String charset = both[1].replace("\"", "").strip();
                if (!UTF_8.contains(charset.toLowerCase(Locale.ROOT))) {
                    throw new QueueException(
                            ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                            "Content-Type",
                            "the charset is '%s'; send UTF-8".formatted(SafeText.of(charset, 50)));
                }
            }
        }
    }

    private QueueException tooLarge() {
        return new QueueException(
                ErrorCode.BODY_TOO_LARGE,
                "the request's body is larger than %d bytes (rowmq.rest.max-request-size); send less at once"
                        .formatted(most));
    }

    private final class Counted extends HttpServletRequestWrapper {

        private final HttpServletResponse response;

        Counted(HttpServletRequest request, HttpServletResponse response) {
            super(request);
            this.response = response;
        }

        @Override
        public ServletInputStream getInputStream() throws IOException {
            return new CountedStream(
                    super.getInputStream(), response, getContentLengthLong() < 0 ? RequestMemory.of(this) : null);
        }
    }

    private final class CountedStream extends ServletInputStream {

        private final ServletInputStream stream;
        private final HttpServletResponse response;
        /** Null when the request has a Content-Length, which was counted before. */
        private final RequestMemory memory;

        private long read;
        private long uncounted;

        CountedStream(ServletInputStream stream, HttpServletResponse response, RequestMemory memory) {
            this.stream = stream;
            this.response = response;
            this.memory = memory;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int now = stream.read(bytes, offset, length);
            if (now > 0) {
                if (read == 0) {
                    refuseOtherThanUtf8(bytes, offset, now);
                }
                read += now;
                countUnannounced(now);
                if (read > most) {
                    response.setHeader("Connection", "close");
                    throw tooLarge();
                }
            }
            return now;
        }

        /** Counts the bytes of a body without a length. */
        private void countUnannounced(int now) {
            if (memory != null) {
                uncounted += now;
                if (uncounted >= COUNTED_AT_ONCE) {
                    memory.reserve(BYTES_PER_BYTE * uncounted);
                    uncounted = 0;
                }
            }
        }

        /** Refuses a byte order mark, and the zero bytes at the beginning of JSON in UTF-16 or UTF-32. */
        private static void refuseOtherThanUtf8(byte[] bytes, int offset, int length) {
            int first = bytes[offset] & 0xff;
            if (first >= 0xef || first == 0 || length > 1 && bytes[offset + 1] == 0) {
                throw new QueueException(
                        ErrorCode.MALFORMED_JSON,
                        "the body begins with a byte order mark or is not UTF-8; send plain UTF-8");
            }
        }

        @Override
        public boolean isFinished() {
            return stream.isFinished();
        }

        @Override
        public boolean isReady() {
            return stream.isReady();
        }

        @Override
        public void setReadListener(ReadListener listener) {
            stream.setReadListener(listener);
        }
    }
}
