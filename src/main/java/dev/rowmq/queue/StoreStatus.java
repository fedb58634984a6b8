package dev.rowmq.queue;

import dev.rowmq.queue.durable.PartitionQueries;

import java.util.Map;
import java.util.Optional;

import org.springframework.stereotype.Component;

/** Whether the databases can be used. */
@Component
public class StoreStatus {

    private final PartitionQueries partitionQueries;

    StoreStatus(PartitionQueries partitionQueries) {
        this.partitionQueries = partitionQueries;
    }

    /** Whether each partition answers, by its last use or probe. A single partition is not probed. */
    public Map<Integer, Boolean> partitions() {
        return partitionQueries.states();
    }

    /** The reason for which the service should receive no requests, in the database's own words; empty = healthy. */
    public Optional<String> problem() {
        return partitionQueries.problem();
    }
}
