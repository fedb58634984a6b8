package dev.rowmq.queue.durable;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.store.Position;
import dev.rowmq.store.cluster.StreamRelayStore;
import dev.rowmq.store.database.Partitions;

import java.util.List;
import java.util.function.Consumer;

import org.springframework.stereotype.Component;

/** Reads the messages of a queue again, in the order of sending, for a subscriber of its stream. */
@Component
class PartitionedReplay {

    private static final int PAGE = 1000;

    private final StreamRelayStore store;
    private final Partitions partitions;

    PartitionedReplay(StreamRelayStore store, Partitions partitions) {
        this.store = store;
        this.partitions = partitions;
    }

    /**
     * Reads the messages after a position in its partition and all messages in the other partitions.
     *
     * @param missing called for each partition that cannot be read, if there are several
     */
    void replay(Queue queue, long after, Consumer<StreamedMessage> reader, Runnable missing) {
        for (int n = 0; n < partitions.count(); n++) {
            long from = n == Position.partition(after) ? after : 0;
            try {
                partitions.in(n, () -> {
                    replayPartition(queue, from, reader);
                    return from;
                });
            } catch (QueueException down) {
                if (!partitions.canDegrade()) {
                    throw down;
                }
                missing.run();
            }
        }
    }

    private void replayPartition(Queue queue, long after, Consumer<StreamedMessage> reader) {
        long last = after;
        List<MessageKey> page;
        do {
            page = store.still(queue.id(), queue.levels(), last, PAGE);
            for (MessageKey key : page) {
                last = key.position();
                store.find(key).ifPresent(reader);
            }
        } while (page.size() == PAGE);
    }
}
