package dev.rowmq.api.http;

import dev.rowmq.model.error.ErrorCode;

import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Writes a problem (RFC 9457) in response to a request that must not reach Spring. Spring reads the request's headers
 * again when it writes a response, and fails on the headers that were refused.
 */
public final class ProblemWriter {

    private ProblemWriter() {}

    /** @param detail plain ASCII without quotes */
    public static byte[] problem(int status, ErrorCode code, String detail) {
        return "{\"type\":\"/errors/%2$s\",\"status\":%1$d,\"code\":\"%2$s\",\"detail\":\"%3$s\"}"
                .formatted(status, code, detail)
                .getBytes(StandardCharsets.UTF_8);
    }

    static void write(HttpServletResponse response, int status, ErrorCode code, String detail) throws IOException {
        byte[] problem = problem(status, code, detail);
        response.setStatus(status);
        response.setContentType("application/problem+json");
        response.setContentLength(problem.length);
        response.setHeader("Connection", "close");
        response.getOutputStream().write(problem);
    }
}
