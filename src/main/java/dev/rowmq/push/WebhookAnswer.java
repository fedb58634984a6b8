package dev.rowmq.push;

import dev.rowmq.model.error.SafeText;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;

import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;

/**
 * The result of a call.
 *
 * @param status     HTTP status; 0 = no answer
 * @param retryAfter delay that the receiver requested, up to {@link RetryAfter#MAX}; 0s = none
 * @param error      empty when the status was 2xx
 */
record WebhookAnswer(int status, Duration retryAfter, String error) {

    private static final int MAX_READ = 64 * 1024;
    private static final int EXCERPT = 200;

    boolean success() {
        return status >= 200 && status < 300;
    }

    static WebhookAnswer read(ClassicHttpResponse response, HttpPost request) throws IOException {
        int status = response.getCode();
        byte[] read = new byte[0];
        if (response.getEntity() != null) {
            read = body(response, request, status < 300);
        }
        if (status >= 200 && status < 300) {
            return new WebhookAnswer(status, Duration.ZERO, "");
        }
        String excerpt = printable(new String(read, 0, Math.min(read.length, EXCERPT), StandardCharsets.UTF_8)).strip();
        String meaning = status >= 300 && status < 400 ? " (redirects are not followed)" : "";
        return new WebhookAnswer(
                status, retryAfter(response), "HTTP " + status + meaning + (excerpt.isEmpty() ? "" : ": " + excerpt));
    }

    /** @param successful whether the status is below 300; the content of the body and its arrival do not matter then */
    private static byte[] body(ClassicHttpResponse response, HttpPost request, boolean successful) throws IOException {
        try {
            // the stream is not closed, because closing would read the rest of the body
            byte[] read = response.getEntity().getContent().readNBytes(MAX_READ);
            if (read.length == MAX_READ) {
                request.cancel();
            }
            return read;
        } catch (IOException cut) {
            if (successful) {
                return new byte[0];
            }
            throw cut;
        }
    }

    /** Returns the delay of an answer 429 or 503; 0s for any other answer. */
    private static Duration retryAfter(ClassicHttpResponse response) {
        Header header = response.getFirstHeader("Retry-After");
        return header == null || header.getValue() == null || response.getCode() != 429 && response.getCode() != 503
                ? Duration.ZERO
                : RetryAfter.parse(header.getValue(), Instant.now());
    }

    private static String printable(String text) {
        return SafeText.of(text, 300);
    }

    static String text(Exception failure) {
        return printable(failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage());
    }
}
