package dev.rowmq.model.audit;

import java.time.Instant;
import java.util.Optional;

/**
 * One change that a client made or tried to make.
 *
 * @param actor    name of the API key; empty when no keys are configured, and for a sign-in that failed
 * @param address  address of the client, or of the last proxy before the service
 * @param action   name of the operation in the API, such as {@code purgeQueue}
 * @param resource name of the queue or topic; empty when none is concerned
 * @param path     path and query of the request, cut after 300 characters
 * @param status   status of the HTTP response: below 400 = the change was made
 */
public record AuditEntry(
        Instant changedAt,
        Optional<String> actor,
        String address,
        Channel channel,
        String action,
        Optional<String> resource,
        String path,
        int status) {

    /** How the change came. The ordinals are stored in the database, so constants may only be appended. */
    public enum Channel {
        API,
        CONSOLE,
        SQS
    }
}
