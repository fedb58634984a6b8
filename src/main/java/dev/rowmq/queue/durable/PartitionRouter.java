package dev.rowmq.queue.durable;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.queue.catalog.QueueProperties;
import dev.rowmq.queue.commit.PartitionedCommit;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.cluster.QueueReplicator;
import dev.rowmq.store.database.Partitions;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Selects the partition of each message: a message in a FIFO queue goes to the partition of its group, a message with
 * an id to the partition of the id, any other to the next partition that answers. An id that may have been sent when
 * there were fewer partitions is also looked up in the partition to which it belonged then.
 */
@Component
public class PartitionRouter implements AutoCloseable {

    private final Partitions partitions;
    private final Partitioner partitioner;
    private final MessageStore store;
    private final QueueReplicator copies;
    private final BufferedCounters bufferedCounters;
    private final SendCommits commits;
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
        this.commits = new SendCommits(partitions, store, properties);
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
        if (!partitions.canDegrade()) {
            return commits.submit(0, rows);
        }
        List<RoutedRow> routed = rows.stream().map(RoutedRow::new).toList();
        assignPartitions(routed, together);
        store(routed.stream().filter(row -> row.outcome == null).toList(), routed.size());
        if (any(routed, SendOutcome.QueueGone.class)) {
            // the queue may have been created a moment ago, and not be copied to the partition yet
            copies.bringUpToDate();
            retry(with(routed, SendOutcome.QueueGone.class), routed.size());
        }
        for (int i = 1; i < partitions.count() && !together && any(routed, SendOutcome.QueueFull.class); i++) {
            // a message without an id may go to a partition that is not full
            List<RoutedRow> movable = with(routed, SendOutcome.QueueFull.class).stream()
                    .filter(row -> row.row.recordedId().isEmpty() && row.row.group().isEmpty())
                    .toList();
            movable.forEach(row -> row.partition = (row.partition + 1) % partitions.count());
            retry(movable, routed.size());
        }
        return routed.stream().map(row -> row.outcome).toList();
    }

    /** A row with its partition and its outcome. */
    private static final class RoutedRow {

        final MessageRow row;
        int partition;
        /** Null until the row was sent. */
        SendOutcome outcome;

        RoutedRow(MessageRow row) {
            this.row = row;
        }
    }

    private static boolean any(List<RoutedRow> rows, Class<? extends SendOutcome> kind) {
        return rows.stream().anyMatch(row -> kind.isInstance(row.outcome));
    }

    private static List<RoutedRow> with(List<RoutedRow> rows, Class<? extends SendOutcome> kind) {
        return rows.stream().filter(row -> kind.isInstance(row.outcome)).toList();
    }

    /** Sends refused rows once more. Rows that are refused again keep the outcome that they had. */
    private void retry(List<RoutedRow> rows, int all) {
        List<SendOutcome> before = rows.stream().map(row -> row.outcome).toList();
        boolean refused = false;
        try {
            store(rows, all);
        } catch (QueueException refusal) {
            if (refusal.code() == ErrorCode.OUTCOME_UNKNOWN) {
                throw refusal;
            }
            refused = true;
        }
        for (int i = 0; i < rows.size(); i++) {
            RoutedRow row = rows.get(i);
            if (refused
                    || row.outcome instanceof SendOutcome.Unknown unknown
                            && unknown.why().code() != ErrorCode.OUTCOME_UNKNOWN) {
                row.outcome = before.get(i);
            }
        }
    }

    /**
     * Stores the rows, those of each partition in one transaction, and sets their outcomes.
     *
     * @param all number of rows in the whole request
     * @throws QueueException when these are all rows, and belong to one partition, and it refuses them
     */
    private void store(List<RoutedRow> rows, int all) {
        Map<Integer, List<RoutedRow>> byPartition =
                rows.stream().collect(Collectors.groupingBy(row -> row.partition, TreeMap::new, Collectors.toList()));
        if (byPartition.size() == 1 && rows.size() == all) {
            int partition = rows.getFirst().partition;
            List<MessageRow> shares = shares(rows);
            List<SendOutcome> outcomes = commits.submit(partition, shares);
            IntStream.range(0, rows.size()).forEach(i -> rows.get(i).outcome = outcomes.get(i));
            return;
        }
        Map<Integer, List<MessageRow>> requests = new TreeMap<>();
        byPartition.forEach((partition, some) -> requests.put(partition, shares(some)));
        commits.submitAll(requests).forEach((partition, outcome) -> {
            List<RoutedRow> some = byPartition.get(partition);
            for (int i = 0; i < some.size(); i++) {
                some.get(i).outcome = switch (outcome) {
                    case PartitionedCommit.Outcome.Answered<List<SendOutcome>> answered ->
                        answered.answer().get(i);
                    case PartitionedCommit.Outcome.Refused<List<SendOutcome>> refused ->
                        new SendOutcome.Unknown(refused.why());
                };
            }
        });
    }

    private List<MessageRow> shares(List<RoutedRow> rows) {
        return rows.stream().map(row -> share(row.row, row.partition)).toList();
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

    /** Sets the partition of each row, and the outcome of rows whose id was sent before. */
    private void assignPartitions(List<RoutedRow> rows, boolean together) {
        int common = together ? common(rows) : 0;
        for (RoutedRow row : rows) {
            Optional<String> id = row.row.id();
            if (row.row.group().isPresent()) {
                assignGroup(row);
            } else if (id.isPresent()) {
                List<Integer> homes = homes(id.get());
                row.partition = homes.getFirst();
                row.outcome = sentBefore(row.row, homes.subList(1, homes.size()));
            } else {
                row.partition = together ? common : next();
            }
        }
    }

    /** The partition for copies of one message: that of its group, if it has one. */
    private int common(List<RoutedRow> rows) {
        return rows.stream()
                .filter(row -> row.row.group().isPresent())
                .findFirst()
                .map(row -> {
                    assignGroup(row);
                    return row.partition;
                })
                .orElseGet(this::next);
    }

    /**
     * A group stays in the partition that it had before partitions were added until its messages there have ended, so
     * that they stay in order. Its messages of that time are found to be duplicates there, and not in the new one.
     */
    private void assignGroup(RoutedRow row) {
        if (partitions.outgrown()) {
            row.outcome = outgrown();
            return;
        }
        String group = row.row.group().orElseThrow();
        List<Integer> homes = homes(group);
        row.partition = homes.getFirst();
        for (int former : homes.subList(1, homes.size())) {
            try {
                if (partitions.in(former, () -> store.holdsGroup(row.row.queueId(), group))) {
                    row.partition = former;
                }
            } catch (QueueException unreachable) {
                row.outcome = new SendOutcome.Unknown(unreachable);
            }
        }
    }

    private int home(String id, int count) {
        int partition = partitioner.partition(id, count);
        if (partition < 0 || partition >= count) {
            throw new IllegalStateException("the partitioner returned %d for the key '%s'; allowed are 0 to %d"
                    .formatted(partition, id, count - 1));
        }
        return partition;
    }

    private int next() {
        List<Integer> up = partitions.up();
        return up.isEmpty() ? 0 : up.get(Math.floorMod(nextPartition.getAndIncrement(), up.size()));
    }

    private static SendOutcome outgrown() {
        return new SendOutcome.Unknown(new QueueException(
                ErrorCode.STORE_UNAVAILABLE,
                "this instance does not have all partitions, so it cannot check what was sent before; nothing was"
                        + " stored"));
    }

    /** The outcome for an id that was sent before partitions were added; null if it was not. */
    private SendOutcome sentBefore(MessageRow row, List<Integer> formerHomes) {
        if (partitions.outgrown()) {
            return outgrown();
        }
        for (int partition : formerHomes) {
            try {
                Optional<SendOutcome> sent = partitions.in(partition, () -> store.find(row));
                if (sent.isPresent()) {
                    if (sent.get() instanceof SendOutcome.Duplicate known && known.repeats(row)) {
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
