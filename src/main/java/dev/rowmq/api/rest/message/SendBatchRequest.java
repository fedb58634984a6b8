package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.HotPathJson;

import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

/** Request: send up to 1,000 messages. */
@Schema(name = "NewMessages")
@HotPathJson
public record SendBatchRequest(
        @ArraySchema(
                        schema = @Schema(implementation = SendRequest.class),
                        arraySchema =
                                @Schema(description = "1 to 1000 messages",
                                requiredMode = Schema.RequiredMode.REQUIRED))
                List<BatchMessage> messages) {}
