package dev.rowmq.store.setup;

import dev.rowmq.store.postgres.connection.PostgresSchema;

import java.util.List;
import java.util.Objects;

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
     * @param schema   null = {@code rowmq.store.schema}. Two partitions may be two schemas of one PostgreSQL database
     */
    record Partition(String url, String username, String password, String schema) {

        Partition {
            if (url == null || url.isBlank()) {
                throw new IllegalArgumentException("a database of rowmq.partitions has no url");
            }
            PostgresSchema.check("the schema of a database of rowmq.partitions", schema);
        }
    }

    PartitionProperties {
        if (partitions.size() > MAX_PARTITIONS) {
            throw new IllegalArgumentException(
                    "rowmq.partitions has " + partitions.size() + " databases; allowed are 1 to " + MAX_PARTITIONS);
        }
        if (partitions.stream()
                        .map(partition -> List.of(
                                partition.url(), Objects.requireNonNullElse(partition.schema(), "")))
                        .distinct()
                        .count()
                < partitions.size()) {
            throw new IllegalArgumentException("rowmq.partitions has the same url and schema twice");
        }
    }
}
