package dev.rowmq.api.rest;

import dev.rowmq.api.rest.json.DurationJson;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.message.SendContext;

import jakarta.servlet.http.HttpServletRequest;

import java.util.Optional;

/**
 * Reads the send context of a request: the caller's key and the {@code block} parameter. It does so without Spring,
 * whose access to a parameter and to the caller costs a tenth of the send rate.
 */
final class SendContexts {

    /** The query parameter. */
    static final String BLOCK = "block";

    static final String BLOCK_MEANS =
            "maximum wait of the send for a rate limit, 0s to 60s; without it, messages above the rate are refused at"
                    + " once";

    private SendContexts() {}

    static SendContext sender(HttpServletRequest request) {
        SendContext known = SendContext.of(request.getAttribute(SendContext.ATTRIBUTE));
        String block = request.getQueryString() == null ? null : request.getParameter(BLOCK);
        return Optional.ofNullable(block)
                .map(text -> known.blocking(DurationJson.read(text)
                        .orElseThrow(() -> new QueueException(
                                ErrorCode.OUT_OF_RANGE,
                                BLOCK,
                                "block is '%s', which is not %s; allowed is 0s to 60s"
                                        .formatted(SafeText.of(text, 50), DurationJson.EXPECTED)))))
                .orElse(known);
    }
}
