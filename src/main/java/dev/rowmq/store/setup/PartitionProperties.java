package dev.rowmq.store.setup;

import java.util.List;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.partitions}.
 *
 * @param partitions the databases over which every queue is spread. Their order must not change: databases may be added
 *     at the end, none may be removed. Empty = the one database of {@code spring.datasource.*}
 */
@ConfigurationProperties("rowmq")
record PartitionProperties(@DefaultValue List<Partition> partitions) {

    static final int MAX_PARTITIONS = 64;

    /**
     * A database.
     *
     * @param username null = the user of the url
     * @param password null = the password of the url
     */
    record Partition(String url, String username, String password) {

        Partition {
            if (url == null || url.isBlank()) {
                throw new IllegalArgumentException("a database of rowmq.partitions has no url");
            }
        }
    }

    PartitionProperties {
        if (partitions.size() > MAX_PARTITIONS) {
            throw new IllegalArgumentException(
                    "rowmq.partitions has " + partitions.size() + " databases; allowed are 1 to " + MAX_PARTITIONS);
        }
        if (partitions.stream().map(Partition::url).distinct().count() < partitions.size()) {
            throw new IllegalArgumentException("rowmq.partitions has the same url twice");
        }
    }
}
