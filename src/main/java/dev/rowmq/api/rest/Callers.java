package dev.rowmq.api.rest;

import dev.rowmq.api.rest.json.DurationText;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.Printable;
import dev.rowmq.model.error.Refusal;
import dev.rowmq.model.message.Sender;

import jakarta.servlet.http.HttpServletRequest;

import java.util.Optional;

/**
 * Who sends, and how patiently. It is asked at each send: Spring's own ways to a parameter and to the caller cost a tenth of
 * the rate.
 */
final class Callers {

    /** The query parameter. */
    static final String BLOCK = "block";

    static final String BLOCK_MEANS =
            "how long the send may wait for a rate limit, 0s to 60s; else what is too fast is refused at once";

    private Callers() {}

    static Sender sender(HttpServletRequest request) {
        Sender known = request.getAttribute(Sender.ATTRIBUTE) instanceof Sender sender ? sender : Sender.ANYBODY;
        String block = request.getQueryString() == null ? null : request.getParameter(BLOCK);
        return Optional.ofNullable(block)
                .map(text -> known.blocking(DurationText.read(text)
                        .orElseThrow(() -> new Refusal(
                                ErrorCode.OUT_OF_RANGE,
                                BLOCK,
                                "block is '%s', which is not %s; allowed is 0s to 60s"
                                        .formatted(Printable.of(text, 50), DurationText.EXPECTED)))))
                .orElse(known);
    }
}
