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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Claims that come before the usual ones while a message group of a standard queue is noisy, see
 * {@link dev.rowmq.model.message.FairShare}: they take the messages of other groups, and those without a group, so that
 * these do not wait behind it. The noisy groups are found anew once a second, or less often when that takes long. Once
 * a second, but at most each fourth claim is made in the usual order, from the head unless such scans take long, so
 * that no message is overlooked and slow receivers get the messages of quiet groups too. Where claims look for these is
 * in {@link FairScan}.
 *
 * <p>They affect only the order: after a failure the usual claims go on alone for a while. Only for queues with one
 * priority: several are a precedence of their own.
 */
@Component
public class FairClaims {

    private static final Logger log = LoggerFactory.getLogger(FairClaims.class);

    private static final long SECOND = FairScan.SECOND;

    /** Time after which a queue is forgotten in which no message with a group was leased. */
    private static final long FORGET_NANOS = 60 * SECOND;

    /** Of so many claims of a queue with a noisy group, at most one is made in the usual order only. */
    private static final int CLAIMS_PER_IN_ORDER = 4;

    /** Bytes of the bodies that these claims of one call lease, beside those of the usual claims. */
    private static final long MAX_BYTES = 4L << 20;

    private record PartitionedQueue(int queueId, int partition) {}

    /** A queue in which messages with groups are leased. */
    private static final class GroupedQueue {

        private volatile long leasedAt = System.nanoTime();
        /** The last position that was leased in the usual order. */
        private volatile long leasedTo;
        /** When the noisy groups are found anew. */
        private long measureAt = System.nanoTime();
        /** When the next claim may be made in the usual order only. */
        private long inOrderAt;
        /** Claims since the last one in the usual order only. */
        private int claims;
        private Set<String> noisy = Set.of();
        private final FairScan scan = new FairScan();
    }

    /**
     * What is known of the heads of the queues.
     *
     * @param inOrder  for the index of a claim, whether it begins at the head and is made in the usual order only
     * @param position for a queue id, a position such that no message of the queue has it or a lower one
     * @param cameBack for the index of a claim, whether messages of its queue came back since the last claim from the
     *     head
     */
    public record Heads(IntPredicate inOrder, IntToLongFunction position, IntPredicate cameBack) {}

    /** Where a claim begins, and the groups that it passes over. */
    private record ScanStart(Set<String> noisy, FairScan.ScanPlaces places) {

        static final ScanStart NONE = new ScanStart(Set.of(), new FairScan.ScanPlaces(-1, 0, 0));
    }

    private final FairStore store;
    private final Map<PartitionedQueue, GroupedQueue> queues = new ConcurrentHashMap<>();
    private final AtomicLong forgetAt = new AtomicLong(System.nanoTime() + FORGET_NANOS);

    FairClaims(FairStore store) {
        this.store = store;
    }

    /**
     * The result of a claim.
     *
     * @param first   leases of messages that came before their turn
     * @param inOrder the usual result
     * @param made    whether the usual claim was made; it is not when {@code first} are as many as wanted
     */
    public record Result(List<Lease> first, ClaimResult inOrder, boolean made) {

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
     * @param others makes the usual claims, for fewer messages or not for all requests
     */
    public List<Result> claim(
            List<ClaimRequest> claims,
            Heads heads,
            Function<List<ClaimRequest>, List<ClaimResult>> others) {
        Map<Integer, List<Lease>> first = queues.isEmpty() ? Map.of() : claimFirst(claims, heads);
        List<ClaimResult> inOrder =
                first.isEmpty() ? others.apply(claims) : claimOthers(claims, first, others);
        List<Result> results = new ArrayList<>(claims.size());
        for (int i = 0; i < claims.size(); i++) {
            recordGroups(claims.get(i), inOrder.get(i).leases());
            List<Lease> before = first.getOrDefault(i, List.of());
            results.add(new Result(before, inOrder.get(i), before.size() < claims.get(i).max()));
        }
        return results;
    }

    /**
     * Whether the next claim of the queue is made in the usual order; while a group is noisy true once a second, but
     * for at most each fourth claim.
     */
    public boolean inOrder(int queueId) {
        GroupedQueue queue = queues.get(key(queueId));
        if (queue == null) {
            return false;
        }
        synchronized (queue) {
            long now = System.nanoTime();
            boolean due = !queue.noisy.isEmpty()
                    && ++queue.claims >= CLAIMS_PER_IN_ORDER
                    && now - queue.inOrderAt >= 0;
            if (due) {
                queue.inOrderAt = now + SECOND;
                queue.claims = 0;
            }
            return due;
        }
    }

    /** The leases of claims that have some, by index. */
    private Map<Integer, List<Lease>> claimFirst(List<ClaimRequest> claims, Heads heads) {
        forgetOld();
        Map<Integer, List<Lease>> leases = new HashMap<>();
        long bytesLeft = MAX_BYTES;
        for (int i = 0; i < claims.size(); i++) {
            GroupedQueue queue = queues.get(key(claims.get(i).queueId()));
            if (queue != null && heads.cameBack().test(i)) {
                queue.scan.lookAgain();
            }
            if (queue != null && claims.get(i).levels() == 1 && bytesLeft > 0 && !heads.inOrder().test(i)) {
                FairStore.QuietClaim first = claim(queue, claims.get(i), heads.position(), bytesLeft);
                bytesLeft -= first.bytes();
                if (!first.leases().isEmpty()) {
                    leases.put(i, first.leases());
                }
            }
        }
        return leases;
    }

    private void forgetOld() {
        long now = System.nanoTime();
        long due = forgetAt.get();
        if (now - due >= 0 && forgetAt.compareAndSet(due, now + FORGET_NANOS)) {
            queues.values().removeIf(queue -> now - queue.leasedAt > FORGET_NANOS);
        }
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
                rest.add(claims.get(i).withMax(left));
            }
        }
        try {
            Iterator<ClaimResult> found =
                    rest.isEmpty() ? Collections.emptyIterator() : others.apply(rest).iterator();
            open.forEach(i -> results.set(i, found.next()));
        } catch (RuntimeException failure) {
            // the messages that were leased first must reach their receivers
            log.debug("some messages were claimed, others were not", failure);
        }
        return results;
    }

    private static PartitionedQueue key(int queueId) {
        return new PartitionedQueue(queueId, Partitions.current());
    }

    private FairStore.QuietClaim claim(
            GroupedQueue queue, ClaimRequest claim, IntToLongFunction heads, long maxBytes) {
        FairStore.QuietClaim nothing = new FairStore.QuietClaim(List.of(), 0, false, false);
        long begin = System.nanoTime();
        try {
            ScanStart start = begin(queue, claim.queueId(), heads);
            return start.noisy().isEmpty() ? nothing : claim(queue, claim, start, maxBytes);
        } catch (QueueException failure) {
            log.debug("the usual claims of queue {} go on alone for a while", claim.queueId(), failure);
            synchronized (queue) {
                queue.noisy = Set.of();
                queue.measureAt = FairScan.pauseAfter(System.nanoTime() - begin);
            }
            return nothing;
        }
    }

    private FairStore.QuietClaim claim(GroupedQueue queue, ClaimRequest claim, ScanStart start, long maxBytes) {
        List<Lease> leases = new ArrayList<>();
        FairScan.ScanPlaces places = start.places();
        long after = places.after();
        if (places.again() >= 0) {
            long begin = System.nanoTime();
            FairStore.QuietClaim earlier = store.claimOthers(claim.withFrom(places.again()), start.noisy(), maxBytes);
            queue.scan.lookedAgain(places, earlier, System.nanoTime() - begin);
            leases.addAll(earlier.leases());
            after = Math.max(after, earlier.readTo());
        }
        long bytesLeft = maxBytes - leases.stream().mapToLong(lease -> lease.body().bytes().length).sum();
        if (leases.size() < claim.max() && bytesLeft > 0) {
            ClaimRequest rest = claim.withMax(claim.max() - leases.size()).withFrom(after);
            long begin = System.nanoTime();
            try {
                FairStore.QuietClaim later = store.claimOthers(rest, start.noisy(), bytesLeft);
                queue.scan.looked(places, later, System.nanoTime() - begin);
                leases.addAll(later.leases());
            } catch (QueueException failure) {
                if (leases.isEmpty()) {
                    throw failure;
                }
                // the messages that were leased first must reach their receiver
                log.debug("some messages of queue {} were claimed, others were not", claim.queueId(), failure);
            }
        }
        return new FairStore.QuietClaim(leases, 0, false, false);
    }

    private ScanStart begin(GroupedQueue queue, int queueId, IntToLongFunction heads) {
        boolean measure;
        synchronized (queue) {
            long now = System.nanoTime();
            measure = now - queue.measureAt >= 0;
            if (measure) {
                queue.measureAt = now + SECOND;
            } else if (queue.noisy.isEmpty()) {
                return ScanStart.NONE;
            }
        }
        long head = heads.applyAsLong(queueId);
        long begin = System.nanoTime();
        Set<String> noisy = measure ? store.noisyGroups(queueId, head, queue.leasedTo) : Set.of();
        synchronized (queue) {
            if (measure) {
                measured(queue, noisy, System.nanoTime() - begin);
            }
            return new ScanStart(queue.noisy, queue.scan.begin(head));
        }
    }

    private static void measured(GroupedQueue queue, Set<String> noisy, long nanos) {
        queue.measureAt = FairScan.pauseAfter(nanos);
        if (queue.noisy.isEmpty()) {
            // what was passed over before may be quiet now
            queue.scan.lookAgain();
            queue.inOrderAt = System.nanoTime() + SECOND;
            queue.claims = 0;
        } else if (!noisy.containsAll(queue.noisy)) {
            // messages of a group that is quiet again were passed over
            queue.scan.lookAgain();
        }
        queue.noisy = noisy;
        queue.leasedAt = noisy.isEmpty() ? queue.leasedAt : System.nanoTime();
    }

    private void recordGroups(ClaimRequest claim, List<Lease> leases) {
        boolean grouped = claim.levels() == 1
                && claim.settings().fifo().isEmpty()
                && leases.stream().anyMatch(lease -> lease.metadata().containsKey(ReservedMetadata.GROUP));
        if (grouped) {
            GroupedQueue queue = queues.computeIfAbsent(key(claim.queueId()), any -> new GroupedQueue());
            queue.leasedAt = System.nanoTime();
            queue.leasedTo = Math.max(queue.leasedTo, leases.getLast().key().position());
        }
    }
}
