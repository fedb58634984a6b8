package dev.rowmq.api.http;

import dev.rowmq.model.error.ErrorCode;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Refuses requests on which Tomcat, Spring or the Actuator would fail with a 500 and pages of log. It also hides the
 * parts of a request on which no response depends: its languages, and all parameters of {@code Accept} except the
 * weight. The refusals are written without Spring, see {@link ProblemWriter}.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class WellFormedRequestFilter extends OncePerRequestFilter {

    private static final int MAX_PARAMETERS = 100;
    /** Path of the container's error dispatch; clients may not request it. */
    private static final String ERROR_PATH = "/error";

    private final SqsRequests sqsRequests;

    WellFormedRequestFilter(SqsRequests sqsRequests) {
        this.sqsRequests = sqsRequests;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String path = request.getRequestURI();
        if (path.contains(";") || path.contains("//")) {
            ProblemWriter.write(response, 400, ErrorCode.INVALID_REQUEST,
                    "the path has a ; or a // in it; within an id write %3B and %2F%2F");
        } else if (request.getServletPath().equals(ERROR_PATH)) {
            ProblemWriter.write(response, 404, ErrorCode.NOT_FOUND, "there is nothing at this path");
        } else if (!wellFormed(request.getQueryString())) {
            ProblemWriter.write(
                    response,
                    400,
                    ErrorCode.INVALID_REQUEST,
                    "the query cannot be read: it takes up to 100 parameters, each with a name, in UTF-8 and "
                            + "percent-encoded");
        } else if (!readable(request.getContentType()) || isForm(request) && !sqsRequests.matches(request)) {
            ProblemWriter.write(response, 415, ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Type cannot be read or is a form; send application/json in UTF-8");
        } else {
            Plain plain = new Plain(request);
            if (path.startsWith("/v1/") && !plain.takesOurs(path)) {
                // before the request is carried out: a request refused with 4xx must have no effect
                ProblemWriter.write(
                        response, 406, ErrorCode.NOT_ACCEPTABLE,
                        "this answers application/json, a stream text/event-stream; accept that or leave Accept out");
                return;
            }
            chain.doFilter(plain, response);
        }
    }

    private static boolean wellFormed(String query) {
        if (query == null || query.isEmpty()) {
            return true;
        }
        String[] parameters = query.split("&");
        return parameters.length <= MAX_PARAMETERS
                && Arrays.stream(parameters)
                        .allMatch(parameter -> parameter.isEmpty() || !parameter.startsWith("=") && decodes(parameter));
    }

    /** Whether each % is followed by two hexadecimal digits, and the decoded bytes are UTF-8. */
    private static boolean decodes(String text) {
        ByteBuffer bytes = ByteBuffer.allocate(text.length() * 3);
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != '%') {
                bytes.put(Character.toString(text.charAt(i)).getBytes(StandardCharsets.UTF_8));
                continue;
            }
            int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
            int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            bytes.put((byte) (high << 4 | low));
            i += 2;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(bytes.flip());
            return true;
        } catch (CharacterCodingException notUtf8) {
            return false;
        }
    }

    private static boolean isForm(HttpServletRequest request) {
        String type = request.getContentType();
        return type != null
                && type.toLowerCase(Locale.ROOT).strip().startsWith("application/x-www-form-urlencoded");
    }

    /** False for a charset without a value, which makes Spring fail while it writes any response. */
    private static boolean readable(String contentType) {
        if (contentType == null) {
            return true;
        }
        String lower = contentType.toLowerCase(Locale.ROOT);
        return Arrays.stream(lower.split(";"))
                .map(String::strip)
                .filter(parameter -> parameter.startsWith("charset"))
                .allMatch(parameter -> parameter.matches("charset\\s*=\\s*\"?[a-z0-9._:+-]{1,40}\"?"));
    }

    /** A request whose language is always English, and whose Accept header has only media types and their weights. */
    private static final class Plain extends HttpServletRequestWrapper {

        /** Spring accepts at most 50. */
        private static final int MAX_TYPES = 20;
        /** Replaces an Accept header without a readable media type; no response has this type. */
        private static final String NONE = "none/none";

        private final String accept;

        Plain(HttpServletRequest request) {
            super(request);
            String types = Collections.list(request.getHeaders("Accept")).stream()
                    .flatMap(line -> Arrays.stream(line.split(",")))
                    .map(Plain::type)
                    .filter(type -> !type.isEmpty())
                    .limit(MAX_TYPES)
                    .collect(Collectors.joining(", "));
            this.accept = !types.isEmpty() ? types : blank(request) ? null : NONE;
        }

        private static boolean blank(HttpServletRequest request) {
            return Collections.list(request.getHeaders("Accept")).stream()
                    .allMatch(line -> line.replace(",", "").isBlank());
        }

        /** The media type with its weight, the only parameter kept; empty when the text is not a media type. */
        private static String type(String accepted) {
            String[] parts = accepted.split(";");
            String type = parts.length == 0 ? "" : parts[0].strip().toLowerCase(Locale.ROOT);
            return !type.matches("(\\*|[a-z0-9!#$&^_.+-]{1,60})/(\\*|[a-z0-9!#$&^_.+-]{1,60})") ? "" : type
                    + Arrays.stream(parts)
                            .skip(1)
                            .map(String::strip)
                            .filter(parameter -> parameter.matches("q=[01](\\.[0-9]{0,3})?"))
                            .map(parameter -> ";" + parameter)
                            .findFirst()
                            .orElse("");
        }

        boolean takesOurs(String path) {
            return accept == null
                    || Arrays.stream(accept.split(", "))
                            .filter(type -> !type.matches(".*;q=0(\\.0*)?"))
                            .map(type -> type.split(";")[0])
                            .anyMatch(type -> type.equals("*/*")
                                    || type.equals("application/*")
                                    || type.equals("application/json")
                                    || type.endsWith("+json")
                                    || path.endsWith("/stream")
                                            && (type.equals("text/*") || type.equals("text/event-stream")));
        }

        @Override
        public String getHeader(String name) {
            return name.equalsIgnoreCase("Accept") ? accept : super.getHeader(name);
        }

        @Override
        public Enumeration<String> getHeaders(String name) {
            return name.equalsIgnoreCase("Accept")
                    ? Collections.enumeration(accept == null ? List.of() : List.of(accept))
                    : super.getHeaders(name);
        }

        @Override
        public Enumeration<String> getHeaderNames() {
            return Collections.enumeration(Collections.list(super.getHeaderNames()).stream()
                    .filter(name -> accept != null || !name.equalsIgnoreCase("Accept"))
                    .toList());
        }

        @Override
        public Locale getLocale() {
            return Locale.ENGLISH;
        }

        @Override
        public Enumeration<Locale> getLocales() {
            return Collections.enumeration(List.of(Locale.ENGLISH));
        }
    }
}
