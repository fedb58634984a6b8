package dev.rowmq.queue.maintenance;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.delivery.MessageExpiry;
import dev.rowmq.queue.durable.LowWaterMarks;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.upkeep.Upkeep;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.stereotype.Component;

/** Scans a queue for expired messages that are not at the head of a level, a bounded number of rows per run. */
@Component
class ExpiryScan {

    private static final int ROWS_PER_STRETCH = 20_000;
    private static final int STRETCHES_PER_RUN = 10;

    private final Upkeep upkeep;
    private final MessageExpiry expiry;
    private final LowWaterMarks lowWaterMarks;
    /** The position through which the last run scanned, by partition, and by queue and level. */
    private final Map<Integer, Map<String, Long>> scannedThrough = new ConcurrentHashMap<>();

    ExpiryScan(Upkeep upkeep, MessageExpiry expiry, LowWaterMarks lowWaterMarks) {
        this.upkeep = upkeep;
        this.expiry = expiry;
        this.lowWaterMarks = lowWaterMarks;
    }

    private Map<String, Long> scannedThrough() {
        return scannedThrough.computeIfAbsent(Partitions.current(), n -> new ConcurrentHashMap<>());
    }

    /** Scans from the head, and then from the position at which the last run ended. Returns the expired messages. */
    int expire(Queue queue, int level) {
        String place = queue.id() + " " + level;
        long position = lowWaterMarks.head(queue.id(), level);
        int sum = 0;
        for (int i = 0; i < STRETCHES_PER_RUN; i++) {
            Optional<Long> through = upkeep.stretch(queue.id(), level, position, ROWS_PER_STRETCH);
            if (through.isEmpty()) {
                scannedThrough().remove(place);
                return sum;
            }
            long from = position;
            sum += PartitionJobs.scan(from, after -> expiry.expireSet(queue, level, after, through.get()));
            position = i == 0 ? Math.max(through.get(), scannedThrough().getOrDefault(place, 0L)) : through.get();
        }
        scannedThrough().put(place, position);
        return sum;
    }
}
