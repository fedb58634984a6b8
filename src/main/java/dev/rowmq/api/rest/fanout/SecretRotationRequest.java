package dev.rowmq.api.rest.fanout;

import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Duration;

/** Request: sign calls with a new secret. */
@Schema(name = "SecretRotation")
public record SecretRotationRequest(
        @Schema(description = SecretRotationRequest.SECRET) String secret,

        @Schema(
                type = "string",
                example = "24h",
                description = "time for which calls are also signed with the previous secret, 0s to 7d; default 24h")
        Duration keepOld) {

    static final String SECRET = "whsec_ and the base64 of 24 to 64 bytes; one is made up when none is given";
}
