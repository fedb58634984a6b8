package dev.rowmq.model.fanout;

import dev.rowmq.model.message.Body;

import java.time.Instant;
import java.util.Map;

/**
 * A message as those who watch a queue see it: sent, whatever becomes of it.
 *
 * @param queueId  the queue
 * @param position where it stands in the order of sending
 * @param id       the producer's id, or the generated one
 */
public record StreamedMessage(
        int queueId,
        long position,
        String id,
        Body body,
        Map<String, String> metadata,
        int priority,
        Instant enqueuedAt) {

    /** About how many bytes of memory it takes. */
    public long size() {
        long size = body.bytes().length + 200L;
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            size += 2L * (entry.getKey().length() + entry.getValue().length());
        }
        return size;
    }
}
