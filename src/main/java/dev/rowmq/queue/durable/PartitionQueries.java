package dev.rowmq.queue.durable;

import dev.rowmq.model.Page;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.store.Position;
import dev.rowmq.store.cluster.StoreHealth;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.sql.QueueCounters;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.springframework.stereotype.Component;

/** Reads and changes that concern all partitions, off the hot path. */
@Component
public class PartitionQueries {

    private static final String MARK = "@";

    private final StoreHealth health;
    private final Partitions partitions;
    private final PartitionRouter partitionRouter;
    private final QueueCounters counters;
    /** The counts of all queues as last read, by partition. */
    private final Map<Integer, Map<Integer, QueueCounts>> lastCounts = new ConcurrentHashMap<>();

    PartitionQueries(
            Partitions partitions, PartitionRouter partitionRouter, QueueCounters counters, StoreHealth health) {
        this.health = health;
        this.partitions = partitions;
        this.partitionRouter = partitionRouter;
        this.counters = counters;
    }

    /**
     * Reads in each partition. Returns the results of the partitions that answer.
     *
     * @throws QueueException when no partition answers
     */
    <T> List<T> all(Supplier<T> look) {
        List<T> answers = new ArrayList<>();
        QueueException last = null;
        for (int n = 0; n < partitions.count(); n++) {
            try {
                answers.add(partitions.in(n, look));
            } catch (QueueException down) {
                last = down;
            }
        }
        if (answers.isEmpty()) {
            throw last;
        }
        return answers;
    }

    /**
     * Changes named items in each partition.
     *
     * @return the names that were found
     * @throws QueueException when not all were found and a partition did not answer: OUTCOME_UNKNOWN if some were
     *     found, otherwise the failure of the partition
     */
    List<String> change(int wanted, Supplier<List<String>> change) {
        List<String> found = new ArrayList<>();
        QueueException unanswered = null;
        for (int n = 0; n < partitions.count(); n++) {
            try {
                found.addAll(partitions.in(n, change));
            } catch (QueueException down) {
                unanswered = unanswered != null && unanswered.code() == ErrorCode.OUTCOME_UNKNOWN ? unanswered : down;
            }
        }
        if (unanswered == null || found.size() >= wanted) {
            return found;
        }
        throw found.isEmpty()
                ? unanswered
                : new QueueException(
                        ErrorCode.OUTCOME_UNKNOWN,
                        ("%d of %d were found and done; a partition that may have the others does not answer, repeat "
                                + "it for them")
                                .formatted(found.size(), wanted));
    }

    /**
     * Returns the result of the first partition that has one.
     *
     * @throws QueueException when no partition has a result, and a partition did not answer
     */
    <T> Optional<T> first(Collection<Integer> where, Supplier<Optional<T>> look) {
        QueueException unanswered = null;
        for (int n : where) {
            try {
                Optional<T> found = partitions.in(n, look);
                if (found.isPresent()) {
                    return found;
                }
            } catch (QueueException down) {
                unanswered = unanswered != null && unanswered.code() == ErrorCode.OUTCOME_UNKNOWN ? unanswered : down;
            }
        }
        if (unanswered != null) {
            throw unanswered;
        }
        return Optional.empty();
    }

    /** The partitions in which a message with this id may be. */
    Collection<Integer> homes(String id) {
        List<Integer> homes = new ArrayList<>();
        GeneratedId.key(id)
                .map(key -> Position.partition(key.position()))
                .filter(n -> n < partitions.count())
                .ifPresent(homes::add);
        homes.addAll(partitionRouter.homes(id));
        return homes;
    }

    List<Integer> partitions() {
        return IntStream.range(0, partitions.count()).boxed().toList();
    }

    /** The reason for which no request can be served; empty = healthy. */
    public Optional<String> problem() {
        return health.problem();
    }

    /** Whether each partition answers. */
    public Map<Integer, Boolean> states() {
        return partitions().stream()
                .collect(Collectors.toMap(n -> n, n -> !partitions.down(n), (a, b) -> a, TreeMap::new));
    }

    <T> T in(int partition, Supplier<T> work) {
        return partitions.in(partition, work);
    }

    /**
     * A page over all partitions, one partition after the other.
     *
     * @param after a mark, the number of the partition in which to continue, a space, and that partition's cursor
     * @throws QueueException STORE_UNAVAILABLE when it reaches a partition that is down
     */
    <T> Page<T> page(int limit, Optional<String> after, BiFunction<Integer, Optional<String>, Page<T>> read) {
        // a cursor that was issued while there was one partition has no mark, and continues in the first partition
        boolean marked = after.filter(text -> text.startsWith(MARK)).isPresent();
        int space = marked ? after.get().indexOf(' ') : -1;
        int first = marked ? Integer.parseInt(after.get().substring(MARK.length(), space)) : 0;
        Optional<String> inner = after.map(text -> text.substring(space + 1)).filter(text -> !text.isEmpty());
        List<T> items = new ArrayList<>();
        for (int n = first; n < partitions.count(); n++) {
            Optional<String> from = n == first ? inner : Optional.empty();
            if (items.size() == limit) {
                return new Page<>(items, Optional.of(MARK + n + " "));
            }
            Page<T> page = partitions.in(n, () -> read.apply(limit - items.size(), from));
            items.addAll(page.items());
            if (page.next().isPresent()) {
                return new Page<>(items, Optional.of(MARK + n + " " + page.next().get()));
            }
        }
        return new Page<>(items, Optional.empty());
    }

    /** The counts of all queues. For a partition that does not answer, the counts last read are used. */
    public Map<Integer, QueueCounts> counts() {
        Map<Integer, QueueCounts> sums = new HashMap<>();
        QueueException last = null;
        for (int n = 0; n < partitions.count(); n++) {
            try {
                lastCounts.put(n, partitions.in(n, counters::all));
            } catch (QueueException down) {
                last = down;
            }
            lastCounts
                    .getOrDefault(n, Map.of())
                    .forEach((queueId, counts) -> sums.merge(queueId, counts, QueueCounts::plus));
        }
        if (last != null && lastCounts.isEmpty() || last != null && !partitions.canDegrade()) {
            throw last;
        }
        return sums;
    }

    /** As {@link #counts}, of one queue. */
    public QueueCounts counts(int queueId) {
        QueueCounts sum = QueueCounts.ZERO;
        QueueException last = null;
        int answered = 0;
        for (int n = 0; n < partitions.count(); n++) {
            try {
                sum = sum.plus(partitions.in(n, () -> counters.of(queueId)));
                answered++;
            } catch (QueueException down) {
                last = down;
                sum = sum.plus(lastCounts.getOrDefault(n, Map.of()).getOrDefault(queueId, QueueCounts.ZERO));
            }
        }
        if (answered == 0) {
            throw last;
        }
        return sum;
    }
}
