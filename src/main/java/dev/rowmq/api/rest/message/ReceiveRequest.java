package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.HotPathJson;

import com.fasterxml.jackson.annotation.JsonProperty;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Request: lease messages. */
@Schema(name = "Receive")
@HotPathJson
public record ReceiveRequest(
        @Schema(example = "10", defaultValue = "1", description = "maximum messages, 1 to 1000")
        Integer max,

        @Schema(
                type = "string",
                example = "20s",
                defaultValue = "0s",
                description = "maximum wait for the first message, 0s to 60s")
        @JsonProperty("wait")
        Duration waitTime,

        @Schema(
                type = "string",
                example = "30s",
                description = "duration of the leases, 0s to 12h; default: the queue's")
        Duration visibilityTimeout) {

    private static final Pattern PREFERRED_WAIT =
            Pattern.compile("(?:^|[,;])\\s*wait\\s*=\\s*\"?([0-9]{1,18})\"?\\s*(?:[,;]|$)", Pattern.CASE_INSENSITIVE);
    private static final long MAX_WAIT_SECONDS = 60;

    /**
     * The wait that a client prefers (RFC 7240, section 4.3), for a request without {@code wait}; at most 60s.
     *
     * @param prefer the header Prefer; null = there is none
     * @return empty when the header has no preference of this kind, or one that cannot be read
     */
    public static Optional<Duration> preferredWait(String prefer) {
        if (prefer == null) {
            return Optional.empty();
        }
        Matcher wait = PREFERRED_WAIT.matcher(prefer);
        return wait.find()
                ? Optional.of(Duration.ofSeconds(Math.min(MAX_WAIT_SECONDS, Long.parseLong(wait.group(1)))))
                : Optional.empty();
    }
}
