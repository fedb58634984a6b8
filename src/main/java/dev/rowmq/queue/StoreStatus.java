package dev.rowmq.queue;

import dev.rowmq.queue.durable.PartitionQueries;
import dev.rowmq.store.upkeep.Upkeep;

import java.util.Map;
import java.util.Optional;

import org.springframework.stereotype.Component;

/** Whether the databases can be used. */
@Component
public class StoreStatus {

    private final PartitionQueries partitionQueries;
    private final Upkeep upkeep;

    StoreStatus(PartitionQueries partitionQueries, Upkeep upkeep) {
        this.partitionQueries = partitionQueries;
        this.upkeep = upkeep;
    }

    /** Name and version of the database, or of the first partition's. */
    public String product() {
        return upkeep.product();
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
