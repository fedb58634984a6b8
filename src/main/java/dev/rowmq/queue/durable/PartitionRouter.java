package dev.rowmq.queue.durable;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.catalog.QueueProperties;
import dev.rowmq.queue.commit.GroupCommit;
import dev.rowmq.queue.commit.PartitionedCommit;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.cluster.QueueReplicator;
import dev.rowmq.store.database.Partitions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Selects the partition of each message: a message with an id goes to the partition of the id, any other to the next
 * partition that answers. An id that may have been sent when there were fewer partitions is also looked up in the
 * partition to which it belonged then.
 */
@Component
public class PartitionRouter implements AutoCloseable {

    private static final int NO_TARGET = -1;

    private final Partitions partitions;
    private final Partitioner partitioner;
    private final MessageStore store;
    private final QueueReplicator copies;
    private final BufferedCounters bufferedCounters;
    private final PartitionedCommit<List<MessageRow>, List<SendOutcome>> commits;
    private final AtomicInteger nextPartition = new AtomicInteger();

    PartitionRouter(
            Partitions partitions,
            ObjectProvider<Partitioner> partitioner,
            MessageStore store,
            QueueReplicator copies,
            BufferedCounters bufferedCounters,
            QueueProperties properties) {
        this.partitions = partitions;
        this.partitioner = partitioner.getIfAvailable(Partitioner.Fnv::new);
        this.store = store;
        this.copies = copies;
        this.bufferedCounters = bufferedCounters;
        this.commits = new PartitionedCommit<>(
                "send",
                partitions,
                GroupCommit.Limits.of(properties, 1000),
                PartitionRouter::weight,
                GroupCommit.joined(store::send));
    }

    /** A message counts as one, a large message as one for each 16 kB: a full group has about 16 MB. */
    private static int weight(List<MessageRow> rows) {
        long bytes = 0;
        for (MessageRow row : rows) {
            bytes += row.body().bytes().length;
            for (String value : row.metadata().values()) {
                bytes += value.length();
            }
        }
        return (int) Math.max(rows.size(), bytes >> 14);
    }

    /**
     * The partitions in which a message sent with this id may be: the present partition of the id first, then former
     * ones.
     */
    List<Integer> homes(String id) {
        Set<Integer> homes = new LinkedHashSet<>();
        homes.add(home(id, partitions.count()));
        partitions.formerCounts().reversed().forEach(count -> homes.add(home(id, count)));
        return List.copyOf(homes);
    }

    /**
     * Stores the rows, those of each partition in one transaction. Returns one outcome per row, in order.
     *
     * @param together whether rows without an id go to the same partition, because they are copies of one message
     * @throws QueueException when all rows belong to one partition, and it refuses them
     */
    public List<SendOutcome> send(List<MessageRow> rows, boolean together) {
        if (partitions.count() == 1) {
            return commits.submit(0, rows);
        }
        SendOutcome[] results = new SendOutcome[rows.size()];
        int[] targets = assignPartitions(rows, together, results);
        store(rows, targets, results);
        if (any(results, SendOutcome.QueueGone.class)) {
            // the queue may have been created a moment ago, and not be copied to the partition yet
            copies.bringUpToDate();
            retry(SendOutcome.QueueGone.class, rows, targets, results);
        }
        for (int i = 1; i < partitions.count() && !together && any(results, SendOutcome.QueueFull.class); i++) {
            // a message without an id may go to a partition that is not full
            for (int row = 0; row < targets.length; row++) {
                targets[row] = rows.get(row).id().isPresent() ? NO_TARGET : (targets[row] + 1) % partitions.count();
            }
            retry(SendOutcome.QueueFull.class, rows, targets, results);
        }
        return List.of(results);
    }

    private static boolean any(SendOutcome[] results, Class<? extends SendOutcome> kind) {
        return Arrays.stream(results).anyMatch(kind::isInstance);
    }

    /** Sends the rows with such an outcome that have a target once more. Rows that are refused keep their outcome. */
    private void retry(Class<? extends SendOutcome> kind, List<MessageRow> rows, int[] targets, SendOutcome[] results) {
        SendOutcome[] before = results.clone();
        for (int i = 0; i < results.length; i++) {
            results[i] = kind.isInstance(results[i]) && targets[i] != NO_TARGET ? null : results[i];
        }
        try {
            store(rows, targets, results);
        } catch (QueueException refusal) {
            if (refusal.code() == ErrorCode.OUTCOME_UNKNOWN) {
                throw refusal;
            }
            System.arraycopy(before, 0, results, 0, results.length);
        }
        for (int i = 0; i < results.length; i++) {
            if (results[i] instanceof SendOutcome.Unknown unknown
                    && unknown.why().code() != ErrorCode.OUTCOME_UNKNOWN) {
                results[i] = before[i];
            }
        }
    }

    /** Stores the rows that have no outcome yet. */
    private void store(List<MessageRow> rows, int[] targets, SendOutcome[] results) {
        Map<Integer, List<Integer>> byPartition = new TreeMap<>();
        Map<Integer, List<MessageRow>> requests = new TreeMap<>();
        for (int i = 0; i < results.length; i++) {
            if (results[i] == null) {
                byPartition.computeIfAbsent(targets[i], any -> new ArrayList<>()).add(i);
                requests.computeIfAbsent(targets[i], any -> new ArrayList<>()).add(share(rows.get(i), targets[i]));
            }
        }
        if (requests.size() == 1 && requests.values().iterator().next().size() == rows.size()) {
            Map.Entry<Integer, List<MessageRow>> only = requests.entrySet().iterator().next();
            List<SendOutcome> sent = commits.submit(only.getKey(), only.getValue());
            IntStream.range(0, sent.size()).forEach(i -> results[i] = sent.get(i));
            return;
        }
        commits.submitAll(requests).forEach((partition, outcome) -> {
            List<Integer> indexes = byPartition.get(partition);
            for (int i = 0; i < indexes.size(); i++) {
                results[indexes.get(i)] = switch (outcome) {
                    case PartitionedCommit.Outcome.Answered<List<SendOutcome>> answered ->
                        answered.answer().get(i);
                    case PartitionedCommit.Outcome.Refused<List<SendOutcome>> refused ->
                        new SendOutcome.Unknown(refused.why());
                };
            }
        });
    }

    /** The row with the partition's share of the queue's capacity. */
    private MessageRow share(MessageRow row, int partition) {
        if (row.capacity() == 0) {
            return row;
        }
        long share = row.capacity() / partitions.count()
                + (partition < row.capacity() % partitions.count() ? 1 : 0);
        return row.holding(share == 0 ? MessageRow.FULL : share);
    }

    /** Selects the partition of each row, and sets the outcome of rows whose id was sent before. */
    private int[] assignPartitions(List<MessageRow> rows, boolean together, SendOutcome[] results) {
        int[] targets = new int[rows.size()];
        int shared = -1;
        for (int i = 0; i < targets.length; i++) {
            Optional<String> id = rows.get(i).id();
            if (id.isPresent()) {
                List<Integer> homes = homes(id.get());
                targets[i] = homes.getFirst();
                results[i] = sentBefore(rows.get(i), homes.subList(1, homes.size()));
            } else {
                targets[i] = together && shared >= 0 ? shared : next();
                shared = targets[i];
            }
        }
        return targets;
    }

    private int home(String id, int count) {
        int partition = partitioner.partition(id, count);
        if (partition < 0 || partition >= count) {
            throw new IllegalStateException(
                    "the partitioner says %d for '%s'; there are 0 to %d".formatted(partition, id, count - 1));
        }
        return partition;
    }

    private int next() {
        List<Integer> up = partitions.up();
        return up.isEmpty() ? 0 : up.get(Math.floorMod(nextPartition.getAndIncrement(), up.size()));
    }

    /** The outcome for an id that was sent before partitions were added; null if it was not. */
    private SendOutcome sentBefore(MessageRow row, List<Integer> formerHomes) {
        if (partitions.outgrown()) {
            return new SendOutcome.Unknown(new QueueException(
                    ErrorCode.STORE_UNAVAILABLE,
                    "this instance does not know all partitions, and so not whether the id was sent before;"
                            + " nothing was stored"));
        }
        for (int partition : formerHomes) {
            try {
                Optional<SendOutcome> sent = partitions.in(partition, () -> store.find(row));
                if (sent.isPresent()) {
                    if (sent.get() instanceof SendOutcome.Duplicate known
                            && Arrays.equals(known.bodyHash(), row.bodyHash())) {
                        bufferedCounters.add(row.queueId(), QueueCounts.of(QueueCounter.DUPLICATES, 1));
                    }
                    return sent.get();
                }
            } catch (QueueException unreachable) {
                return new SendOutcome.Unknown(unreachable);
            }
        }
        return null;
    }

    @Override
    public void close() {
        commits.close();
    }
}
