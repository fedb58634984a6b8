package dev.rowmq.queue.maintenance;

import dev.rowmq.queue.audit.AuditTrail;
import dev.rowmq.queue.durable.BufferedCounters;
import dev.rowmq.store.cluster.RateBuckets;
import dev.rowmq.store.cluster.StreamRelayStore;
import dev.rowmq.store.upkeep.MessageRemover;
import dev.rowmq.store.upkeep.Upkeep;

import java.util.List;

import org.springframework.stereotype.Component;

/** Removes rows that no queue needs any more, and writes the counts that were collected in memory. */
@Component
public class TableCleanUp implements AutoCloseable {

    private final Upkeep upkeep;
    private final MessageRemover remover;
    private final RateBuckets rateBuckets;
    private final StreamRelayStore streamRelay;
    private final BufferedCounters bufferedCounters;
    private final AuditTrail audit;
    private final PartitionJobs jobs;

    TableCleanUp(
            Upkeep upkeep,
            MessageRemover remover,
            RateBuckets rateBuckets,
            StreamRelayStore streamRelay,
            BufferedCounters bufferedCounters,
            AuditTrail audit,
            PartitionJobs jobs) {
        this.audit = audit;
        this.upkeep = upkeep;
        this.remover = remover;
        this.rateBuckets = rateBuckets;
        this.streamRelay = streamRelay;
        this.bufferedCounters = bufferedCounters;
        this.jobs = jobs;
    }

    /** Removes processed ids whose retention has ended. Returns their number. */
    public int forgetIds() {
        return jobs.isolated("forgetting ids", () -> PartitionJobs.repeat(upkeep::forgetIds));
    }

    /** Removes the rows of deleted queues. Returns their number. */
    public int removeDeletedQueues() {
        return jobs.isolated("removing deleted queues", remover::sweepDeleted);
    }

    /** Adds the counts of ended writers to one row, and removes full rate buckets and old entries of other tables. */
    public void sweep() {
        jobs.isolated("folding counters", () -> PartitionJobs.repeat(upkeep::foldCounters));
        jobs.isolated("removing full rate buckets", () -> PartitionJobs.repeat(rateBuckets::removeFull));
        jobs.isolated("removing old copies", streamRelay::removeOld);
        jobs.isolated("removing old entries of the audit", () -> PartitionJobs.repeat(audit::removeOld));
    }

    /** Writes the counts that were collected in memory. */
    public void writeCounts() {
        bufferedCounters.write(upkeep);
    }

    /** Returns the names of the tables that were vacuumed. */
    public List<String> vacuum() {
        return upkeep.vacuum();
    }

    /** Writes the counts of the last second, which an orderly stop must not lose. */
    @Override
    public void close() {
        jobs.isolated("writing counts", () -> {
            writeCounts();
            return 0;
        });
    }
}
