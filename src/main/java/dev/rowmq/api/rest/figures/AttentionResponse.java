package dev.rowmq.api.rest.figures;

import dev.rowmq.queue.figures.AttentionItem;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.Locale;

/** Something that an operator should look at. */
@Schema(name = "Attention")
record AttentionResponse(
        @Schema(
                        allowableValues = {
                            "retention-near", "dead-letters-grow", "nearly-full", "nothing-received", "messages-old",
                            "paused", "dead-letters-wait", "partition-down", "figures-old",
                            "receiver-fails", "sends-limited"
                        },
                        example = "nothing-received")
                String kind,
        @Schema(allowableValues = {"critical", "warning", "info"}) String level,
        @Schema(types = {"string", "null"}, example = "orders", description = "null when it concerns the service")
                String queue,
        @Schema(example = "5,213 messages ready, none received for 12 min.") String text) {

    static AttentionResponse of(AttentionItem item) {
        return new AttentionResponse(
                item.concern().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                item.level().name().toLowerCase(Locale.ROOT),
                item.queue().orElse(null),
                item.text());
    }
}
