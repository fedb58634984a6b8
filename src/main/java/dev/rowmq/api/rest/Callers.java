package dev.rowmq.api.rest;

import dev.rowmq.message.ErrorCode;
import dev.rowmq.message.Printable;
import dev.rowmq.message.Refusal;
import dev.rowmq.message.Sender;

import java.util.Optional;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;

/** Who makes the request at hand. */
final class Callers {

    private Callers() {}

    /** @param block the query parameter: how long the send may wait for a rate limit, 0s to 60s */
    static Sender sender(Optional<String> block) {
        Authentication caller = SecurityContextHolder.getContext().getAuthentication();
        Sender known = caller != null && caller.getPrincipal() instanceof Sender sender ? sender : Sender.ANYBODY;
        return block.isEmpty()
                ? known
                : known.blocking(DurationText.read(block.get())
                        .orElseThrow(() -> new Refusal(
                                ErrorCode.OUT_OF_RANGE,
                                "block",
                                "block is '%s', which is not %s; allowed is 0s to 60s"
                                        .formatted(Printable.of(block.get(), 50), DurationText.EXPECTED))));
    }
}
