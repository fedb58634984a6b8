package dev.rowmq.model.fanout;

import dev.rowmq.model.message.Body;

import java.time.Instant;
import java.util.Map;

/**
 * A message as stream subscribers of a queue receive it. It is reported when it is sent, regardless of its later
 * processing.
 *
 * @param queueId  id of the queue
 * @param position position in the order of sending
 * @param id       the producer's id, or the generated id
 */
public record StreamedMessage(
        int queueId,
        long position,
        String id,
        Body body,
        Map<String, String> metadata,
        int priority,
        Instant enqueuedAt) {

    /** Approximate bytes of memory that the message takes. */
    public long size() {
        long size = body.bytes().length + 200L;
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            size += 2L * (entry.getKey().length() + entry.getValue().length());
        }
        return size;
    }
}
