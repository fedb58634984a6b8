package dev.rowmq.queue.durable;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.catalog.QueueProperties;
import dev.rowmq.queue.commit.GroupCommit;
import dev.rowmq.queue.commit.PartitionedCommit;
import dev.rowmq.queue.durable.LowWaterMarks.HeadStart;
import dev.rowmq.queue.group.FairClaims;
import dev.rowmq.queue.storage.QueueStorage.Claimed;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.Lease;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.Position;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.database.Partitions;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.springframework.stereotype.Component;

/**
 * Claims and settlements in all partitions: group commit in each partition, and the answers of several combined.
 * Concurrent receivers of a queue share one claim.
 */
@Component
class PartitionedDeliveries implements AutoCloseable {

    private static final int MAX_MESSAGES = 1000;

    private final LowWaterMarks lowWaterMarks;
    private final FairClaims fairClaims;
    private final MessageStore store;
    private final Partitions partitions;
    private final PartitionedCommit<Request, Claimed> claims;
    private final PartitionedCommit<List<Settlement>, List<SettleOutcome>> settlements;
    /**
     * The partition to begin with next, by queue number modulo the length: queues used in turn each reach all of them.
     */
    private final AtomicIntegerArray nextPartitions = new AtomicIntegerArray(1024);

    private record Request(Queue queue, Duration visibilityTimeout, int max) {}

    PartitionedDeliveries(
            LowWaterMarks lowWaterMarks,
            FairClaims fairClaims,
            MessageStore store,
            Partitions partitions,
            QueueProperties properties) {
        this.lowWaterMarks = lowWaterMarks;
        this.fairClaims = fairClaims;
        this.store = store;
        this.partitions = partitions;
        GroupCommit.Limits limits = GroupCommit.Limits.of(properties, MAX_MESSAGES);
        this.claims = new PartitionedCommit<>("receive", partitions, limits, Request::max, this::claimAll);
        this.settlements = new PartitionedCommit<>(
                "settle", partitions, limits, List::size, GroupCommit.joined(store::settle));
    }

    Claimed claim(Queue queue, Duration visibilityTimeout, int max) {
        return partitions.canDegrade()
                ? claimFromAll(queue, visibilityTimeout, max)
                : claims.submit(0, new Request(queue, visibilityTimeout, max));
    }

    /**
     * Claims a share of the messages from each partition, in parallel, and the remainder from the partitions that had
     * enough. One message is claimed from one partition after the other. Each call begins with the next partition.
     *
     * @throws QueueException when all partitions fail
     */
    private Claimed claimFromAll(Queue queue, Duration timeout, int max) {
        List<Integer> open = inRotation(queue);
        List<Lease> leases = new ArrayList<>();
        boolean cut = false;
        Duration again = Duration.ZERO;
        QueueException last = null;
        int failed = 0;
        while (leases.size() < max && !open.isEmpty()) {
            Map<Integer, Request> requests = shares(queue, timeout, max - leases.size(), open);
            for (Map.Entry<Integer, PartitionedCommit.Outcome<Claimed>> one : claims.submitAll(requests).entrySet()) {
                switch (one.getValue()) {
                    case PartitionedCommit.Outcome.Answered<Claimed> answered -> {
                        leases.addAll(answered.answer().leases());
                        again = earlier(again, answered.answer().again());
                        if (answered.answer().leases().size() < requests.get(one.getKey()).max()) {
                            open.remove(one.getKey());
                            cut |= answered.answer().more();
                        }
                    }
                    case PartitionedCommit.Outcome.Refused<Claimed> refused -> {
                        open.remove(one.getKey());
                        last = refused.why();
                        failed++;
                    }
                }
            }
        }
        // messages that a partition leased before it failed must reach their receiver
        if (leases.isEmpty() && failed == partitions.count()) {
            throw last;
        }
        return new Claimed(leases, cut || !open.isEmpty(), again);
    }

    /** The earlier of two times, of which 0s is none. */
    private static Duration earlier(Duration one, Duration other) {
        return one.isZero() || !other.isZero() && other.compareTo(one) < 0 ? other : one;
    }

    private List<Integer> inRotation(Queue queue) {
        int first = nextPartitions.getAndIncrement(queue.id() % nextPartitions.length());
        List<Integer> all = new ArrayList<>(partitions.count());
        for (int i = 0; i < partitions.count(); i++) {
            all.add(Math.floorMod(first + i, partitions.count()));
        }
        return all;
    }

    /** Even shares, the first ones greater by one; partitions without a share get no request. */
    private static Map<Integer, Request> shares(Queue queue, Duration timeout, int wanted, List<Integer> open) {
        int shares = Math.min(wanted, open.size());
        Map<Integer, Request> result = new HashMap<>();
        for (int i = 0; i < shares; i++) {
            result.put(open.get(i), new Request(queue, timeout, wanted / shares + (i < wanted % shares ? 1 : 0)));
        }
        return result;
    }

    /** @param receiver in FIFO queues the number of the request; else 0 */
    private record RequestKind(int queueId, Duration visibilityTimeout, int receiver) {}

    /**
     * One claim for all requests with the same queue and visibility timeout. In FIFO queues each request is a claim, as
     * two receivers may not share the messages of a group.
     */
    private List<Claimed> claimAll(List<Request> requests) {
        // counters of queues are locked in this order everywhere
        Map<RequestKind, List<Integer>> kinds =
                new TreeMap<>(Comparator.comparing(RequestKind::queueId)
                        .thenComparing(RequestKind::visibilityTimeout)
                        .thenComparing(RequestKind::receiver));
        for (int i = 0; i < requests.size(); i++) {
            Request request = requests.get(i);
            kinds.computeIfAbsent(
                            new RequestKind(
                                    request.queue().id(),
                                    request.visibilityTimeout(),
                                    isFifo(request.queue()) ? i : 0),
                            kind -> new ArrayList<>())
                    .add(i);
        }
        List<List<Integer>> groups = List.copyOf(kinds.values());
        List<Boolean> inOrder = groups.stream()
                .map(group -> fairClaims.inOrder(requests.get(group.getFirst()).queue().id()))
                .toList();
        // asked before the starts, which reset it
        List<Boolean> cameBack = groups.stream()
                .map(group -> lowWaterMarks.cameBack(requests.get(group.getFirst()).queue().id()))
                .toList();
        List<LowWaterMarks.Start> starts = IntStream.range(0, groups.size())
                .mapToObj(i -> begin(requests.get(groups.get(i).getFirst()).queue(), inOrder.get(i)))
                .toList();
        List<ClaimRequest> claims = IntStream.range(0, groups.size())
                .mapToObj(i -> claim(requests, groups.get(i), starts.get(i)))
                .toList();
        List<FairClaims.Result> claimed = fairClaims.claim(
                claims,
                new FairClaims.Heads(
                        inOrder::get,
                        queueId -> lowWaterMarks.head(queueId, 0),
                        cameBack::get),
                others -> claim(others, requests, groups, starts));
        Claimed[] answers = new Claimed[requests.size()];
        for (int i = 0; i < groups.size(); i++) {
            ClaimResult found = claimed.get(i).inOrder();
            if (claims.get(i).settings().fifo().isEmpty()) {
                lowWaterMarks.leased(claims.get(i).queueId(), found.leases(), found.more());
            }
            if (starts.get(i).head() && claimed.get(i).made()) {
                lowWaterMarks.claimedFromHead(requests.get(groups.get(i).getFirst()).queue(), found.nanos());
            } else if (starts.get(i).head()) {
                lowWaterMarks.notClaimed(claims.get(i).queueId());
            }
            share(
                    claimed.get(i).all(),
                    earlier(starts.get(i).headDue(), found.again()),
                    requests,
                    groups.get(i),
                    answers);
        }
        return List.of(answers);
    }

    private static boolean isFifo(Queue queue) {
        return queue.settings().fifo().isPresent();
    }

    /**
     * Claims in FIFO queues begin at the head of each group.
     *
     * @param inOrder whether this claim is to see every message, see {@link FairClaims#inOrder}
     */
    private LowWaterMarks.Start begin(Queue queue, boolean inOrder) {
        if (isFifo(queue)) {
            return LowWaterMarks.Start.EVERYWHERE;
        }
        return lowWaterMarks.begin(queue, inOrder ? HeadStart.NOW : HeadStart.WHEN_DUE);
    }

    /** A failed claim counts as a long scan: it may have failed because it took too long. */
    private List<ClaimResult> claim(
            List<ClaimRequest> claims,
            List<Request> requests,
            List<List<Integer>> groups,
            List<LowWaterMarks.Start> starts) {
        long begin = System.nanoTime();
        try {
            return store.claim(claims);
        } catch (QueueException failure) {
            for (int i = 0; i < starts.size(); i++) {
                if (starts.get(i).head()) {
                    lowWaterMarks.claimedFromHead(
                            requests.get(groups.get(i).getFirst()).queue(), System.nanoTime() - begin);
                }
            }
            throw failure;
        }
    }

    private static ClaimRequest claim(List<Request> requests, List<Integer> group, LowWaterMarks.Start start) {
        Request one = requests.get(group.getFirst());
        Queue queue = one.queue();
        return new ClaimRequest(
                queue.id(),
                queue.settings(),
                queue.levels(),
                one.visibilityTimeout(),
                group.stream().mapToInt(i -> requests.get(i).max()).sum(),
                start.after());
    }

    private static void share(
            ClaimResult claimed, Duration again, List<Request> requests, List<Integer> group, Claimed[] answers) {
        List<Lease> leases = claimed.leases();
        int from = 0;
        for (int i : group) {
            int to = Math.min(leases.size(), from + requests.get(i).max());
            answers[i] = new Claimed(leases.subList(from, to), claimed.more(), again);
            from = to;
        }
    }

    /**
     * Settles the leases of each partition in one transaction. Returns one outcome per settlement, in order.
     *
     * @throws QueueException when all partitions concerned fail
     */
    List<SettleOutcome> settle(List<Settlement> all) {
        Map<Integer, List<Settlement>> byPartition = all.stream()
                .collect(Collectors.groupingBy(
                        one -> Position.partition(one.key().position()), TreeMap::new, Collectors.toList()));
        if (byPartition.size() == 1) {
            return settlements.submit(byPartition.keySet().iterator().next(), all);
        }
        Map<Integer, PartitionedCommit.Outcome<List<SettleOutcome>>> outcomes = settlements.submitAll(byPartition);
        Map<Integer, Iterator<SettleOutcome>> answers = new HashMap<>();
        QueueException last = null;
        int refused = 0;
        for (Map.Entry<Integer, PartitionedCommit.Outcome<List<SettleOutcome>>> one : outcomes.entrySet()) {
            switch (one.getValue()) {
                case PartitionedCommit.Outcome.Answered<List<SettleOutcome>> answered ->
                    answers.put(one.getKey(), answered.answer().iterator());
                case PartitionedCommit.Outcome.Refused<List<SettleOutcome>> failed -> {
                    last = last != null && last.code() == ErrorCode.OUTCOME_UNKNOWN ? last : failed.why();
                    refused++;
                    SettleOutcome every = new SettleOutcome.Unsettled(failed.why().code() == ErrorCode.OUTCOME_UNKNOWN);
                    answers.put(one.getKey(), Stream.generate(() -> every).iterator());
                }
            }
        }
        if (refused == outcomes.size()) {
            throw last;
        }
        return all.stream().map(one -> answers.get(Position.partition(one.key().position())).next()).toList();
    }

    @Override
    public void close() {
        claims.close();
        settlements.close();
    }
}
