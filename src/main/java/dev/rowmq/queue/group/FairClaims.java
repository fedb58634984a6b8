package dev.rowmq.queue.group;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.ReservedMetadata;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.group.FairStore;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.IntToLongFunction;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Claims that come before the usual ones while a message group of a standard queue is noisy, see
 * {@link dev.rowmq.model.message.FairShare}: they take the messages of other groups, and those without a group, so that
 * these do not wait behind it. Once a second the noisy groups are found anew. A message that was looked at is not
 * looked at again until all were; then the claims begin at the head again, as long as they take at most a twentieth of
 * the time.
 *
 * <p>Only for queues with one priority: several are a precedence of their own.
 */
@Component
public class FairClaims {

    private static final Logger log = LoggerFactory.getLogger(FairClaims.class);

    private static final long MEASURE_NANOS = 1_000_000_000;

    /** Time after which a queue is forgotten in which no message with a group was leased. */
    private static final long FORGET_NANOS = 60_000_000_000L;

    private static final int PAUSE_PER_SCAN = 20;

    private record PartitionedQueue(int queueId, int partition) {}

    /** A queue in which messages with groups are leased. */
    private static final class GroupedQueue {

        private volatile long leasedAt = System.nanoTime();
        private long measuredAt = System.nanoTime() - MEASURE_NANOS;
        private Set<String> noisy = Set.of();
        /** All messages up to this position were looked at. */
        private long readTo;
        /** Counts the scans, so that a claim which began in an earlier one does not move the position. */
        private int scan;
        private long scanNanos;
        private long nextScanAt = System.nanoTime();
        private boolean atEnd;
    }

    /** Where a claim begins. */
    private record ScanStart(Set<String> noisy, long after, int scan) {}

    private final FairStore store;
    private final Map<PartitionedQueue, GroupedQueue> queues = new ConcurrentHashMap<>();

    FairClaims(FairStore store) {
        this.store = store;
    }

    /**
     * The result of a claim.
     *
     * @param first   leases of messages that came before their turn
     * @param inOrder the usual result
     */
    public record Result(List<Lease> first, ClaimResult inOrder) {

        public ClaimResult all() {
            return first.isEmpty()
                    ? inOrder
                    : new ClaimResult(
                            Stream.concat(first.stream(), inOrder.leases().stream()).toList(),
                            inOrder.more(),
                            inOrder.nanos(),
                            inOrder.again());
        }
    }

    /**
     * Claims the messages that do not wait behind a noisy group, and then others.
     *
     * @param heads  for a queue id, a position such that no message of the queue has it or a lower one
     * @param others makes the usual claims, for fewer messages or not for all requests
     */
    public List<Result> claim(
            List<ClaimRequest> claims,
            IntToLongFunction heads,
            Function<List<ClaimRequest>, List<ClaimResult>> others) {
        Map<Integer, List<Lease>> first = queues.isEmpty() ? Map.of() : claimFirst(claims, heads);
        List<ClaimResult> inOrder =
                first.isEmpty() ? others.apply(claims) : claimOthers(claims, first, others);
        List<Result> results = new ArrayList<>(claims.size());
        for (int i = 0; i < claims.size(); i++) {
            note(claims.get(i), inOrder.get(i).leases());
            results.add(new Result(first.getOrDefault(i, List.of()), inOrder.get(i)));
        }
        return results;
    }

    /** The leases of claims that have some, by index. A failure is reported only when there are none. */
    private Map<Integer, List<Lease>> claimFirst(List<ClaimRequest> claims, IntToLongFunction heads) {
        Map<Integer, List<Lease>> leases = new HashMap<>();
        try {
            for (int i = 0; i < claims.size(); i++) {
                GroupedQueue queue = queues.get(key(claims.get(i).queueId()));
                List<Lease> first = queue == null ? List.of() : claim(queue, claims.get(i), heads);
                if (!first.isEmpty()) {
                    leases.put(i, first);
                }
            }
        } catch (QueueException failure) {
            if (leases.isEmpty()) {
                throw failure;
            }
            log.debug("some messages were claimed, others were not", failure);
        }
        return leases;
    }

    private static List<ClaimResult> claimOthers(
            List<ClaimRequest> claims,
            Map<Integer, List<Lease>> first,
            Function<List<ClaimRequest>, List<ClaimResult>> others) {
        ClaimResult none = new ClaimResult(List.of(), true, 0);
        List<ClaimResult> results = new ArrayList<>(Collections.nCopies(claims.size(), none));
        List<Integer> open = new ArrayList<>();
        List<ClaimRequest> rest = new ArrayList<>();
        for (int i = 0; i < claims.size(); i++) {
            int left = claims.get(i).max() - first.getOrDefault(i, List.of()).size();
            if (left > 0) {
                open.add(i);
                rest.add(claims.get(i).most(left));
            }
        }
        try {
            Iterator<ClaimResult> found =
                    rest.isEmpty() ? Collections.emptyIterator() : others.apply(rest).iterator();
            open.forEach(i -> results.set(i, found.next()));
        } catch (QueueException failure) {
            // the messages that were leased first must reach their receivers
            log.debug("some messages were claimed, others were not", failure);
        }
        return results;
    }

    private static PartitionedQueue key(int queueId) {
        return new PartitionedQueue(queueId, Partitions.current());
    }

    private List<Lease> claim(GroupedQueue queue, ClaimRequest claim, IntToLongFunction heads) {
        ScanStart start = begin(queue, claim.queueId(), heads);
        if (start.noisy().isEmpty()) {
            return List.of();
        }
        long begin = System.nanoTime();
        FairStore.QuietClaim claimed = store.claimOthers(claim.after(start.after()), start.noisy());
        synchronized (queue) {
            if (queue.scan == start.scan()) {
                queue.scanNanos += System.nanoTime() - begin;
                queue.readTo = Math.max(queue.readTo, claimed.readTo());
                if (claimed.end() && !queue.atEnd) {
                    queue.atEnd = true;
                    queue.nextScanAt =
                            System.nanoTime() + Math.max(MEASURE_NANOS, PAUSE_PER_SCAN * queue.scanNanos);
                }
            }
        }
        return claimed.leases();
    }

    private ScanStart begin(GroupedQueue queue, int queueId, IntToLongFunction heads) {
        boolean measure;
        synchronized (queue) {
            long now = System.nanoTime();
            if (now - queue.leasedAt > FORGET_NANOS) {
                queues.remove(key(queueId), queue);
                return new ScanStart(Set.of(), 0, 0);
            }
            measure = now - queue.measuredAt >= MEASURE_NANOS;
            if (measure) {
                queue.measuredAt = now;
            }
        }
        long head = heads.applyAsLong(queueId);
        Set<String> noisy = measure ? store.noisyGroups(queueId, head) : Set.of();
        synchronized (queue) {
            boolean again = queue.atEnd;
            if (measure) {
                // messages of a group that is quiet again were passed over
                again |= !noisy.containsAll(queue.noisy);
                queue.noisy = noisy;
                queue.leasedAt = noisy.isEmpty() ? queue.leasedAt : System.nanoTime();
            }
            if (again && System.nanoTime() - queue.nextScanAt >= 0) {
                queue.scan++;
                queue.scanNanos = 0;
                queue.readTo = 0;
                queue.atEnd = false;
                queue.nextScanAt = System.nanoTime() + MEASURE_NANOS;
            }
            return new ScanStart(queue.noisy, Math.max(head, queue.readTo), queue.scan);
        }
    }

    /** Takes note of a queue whose messages have groups. */
    private void note(ClaimRequest claim, List<Lease> leases) {
        boolean grouped = claim.levels() == 1
                && claim.settings().fifo().isEmpty()
                && leases.stream().anyMatch(lease -> lease.metadata().containsKey(ReservedMetadata.GROUP));
        if (grouped) {
            queues.computeIfAbsent(key(claim.queueId()), any -> new GroupedQueue()).leasedAt = System.nanoTime();
        }
    }
}
