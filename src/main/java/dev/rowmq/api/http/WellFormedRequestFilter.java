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
 * Refuses what Tomcat, Spring and the Actuator would fail at with a 500 and pages of log, before any of them sees it,
 * and hides what nothing here depends on: the caller's languages and the parameters of {@code Accept}. The refusals are
 * written without Spring.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class WellFormedRequestFilter extends OncePerRequestFilter {

    private static final int MAX_PARAMETERS = 100;
    /** Path of the container's error dispatch; clients may not request it. */
    private static final String ERROR_PATH = "/error";

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
        } else if (!readable(request.getContentType())) {
            ProblemWriter.write(response, 415, ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Type cannot be read or is a form; send application/json in UTF-8");
        } else {
            Plain plain = new Plain(request);
            if (path.startsWith("/v1/") && !plain.takesOurs(path)) {
                // before anything is done: what is refused with 4xx must not have happened
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

    /** Whether each % is followed by two hexadecimal digits, and the bytes are UTF-8. */
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

    /** A charset without a value makes Spring fail while it writes an answer, whatever that is. */
    private static boolean readable(String contentType) {
        if (contentType == null) {
            return true;
        }
        String lower = contentType.toLowerCase(Locale.ROOT);
        if (lower.strip().startsWith("application/x-www-form-urlencoded")) {
            return false;
        }
        return Arrays.stream(lower.split(";"))
                .map(String::strip)
                .filter(parameter -> parameter.startsWith("charset"))
                .allMatch(parameter -> parameter.matches("charset\\s*=\\s*\"?[a-z0-9._:+-]{1,40}\"?"));
    }

    /** One that tells no languages, and of what it accepts the types only. */
    private static final class Plain extends HttpServletRequestWrapper {

        /** Spring reads no more than fifty. */
        private static final int MAX_TYPES = 20;
        /** In place of a header in which nothing can be read: a type that nothing here answers. */
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

        /** With its weight, which alone matters; empty for what is no media type. */
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
