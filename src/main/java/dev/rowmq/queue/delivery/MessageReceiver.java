package dev.rowmq.queue.delivery;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.message.Delivery;
import dev.rowmq.model.message.GeneratedId;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.queue.catalog.DeadLetterRouting;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.catalog.QueueProperties;
import dev.rowmq.queue.durable.GroupCommit;
import dev.rowmq.queue.durable.LowWaterMarks;
import dev.rowmq.queue.durable.PartitionedCommit;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.Lease;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.memory.InMemoryMessageStore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import org.springframework.stereotype.Component;

/** Receive: receivers of a queue that ask at the same time are served by one claim; those that find nothing wait. */
@Component
public class MessageReceiver implements AutoCloseable {

    static final int MOST = 1000;
    static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private final QueueDirectory queues;
    private final WaitingReceivers waitingReceivers;
    private final LowWaterMarks lowWaterMarks;
    private final ReceiptCodec receipts;
    private final MessageStore store;
    private final InMemoryMessageStore memory;
    private final DeadLetterRouting deadLetterRouting;
    private final Partitions partitions;
    private final PartitionedCommit<Request, Answer> lanes;
    /** By queue (or a few that share one): who asks two queues in turn is to see all partitions of both. */
    private final AtomicIntegerArray turns = new AtomicIntegerArray(1024);

    private record Request(Queue queue, Duration visibilityTimeout, int max) {}

    /** @param more whether there may be more messages right behind these */
    private record Answer(List<Lease> leases, boolean more) {}

    private static final Answer NOTHING = new Answer(List.of(), false);

    MessageReceiver(
            QueueDirectory queues,
            WaitingReceivers waitingReceivers,
            LowWaterMarks lowWaterMarks,
            ReceiptCodec receipts,
            MessageStore store,
            InMemoryMessageStore memory,
            DeadLetterRouting deadLetterRouting,
            Partitions partitions,
            QueueProperties properties) {
        this.queues = queues;
        this.waitingReceivers = waitingReceivers;
        this.lowWaterMarks = lowWaterMarks;
        this.receipts = receipts;
        this.store = store;
        this.memory = memory;
        this.deadLetterRouting = deadLetterRouting;
        this.partitions = partitions;
        this.lanes = new PartitionedCommit<>(
                "receive", partitions, GroupCommit.Limits.of(properties, MOST), Request::max, this::claimAll);
    }

    /**
     * At most {@code max} messages; empty when none came within {@code wait}.
     *
     * @param queueId refuse a queue that has another number
     * @param wanted  look no more once it says no
     */
    public List<Delivery> receive(
            String queueName,
            OptionalInt queueId,
            BooleanSupplier wanted,
            int max,
            Duration wait,
            Optional<Duration> visibilityTimeout) {
        RangeCheck.within("max", max, 1, MOST);
        RangeCheck.within("wait", wait, Duration.ZERO, LONGEST_WAIT);
        visibilityTimeout.ifPresent(
                timeout -> RangeCheck.within("visibilityTimeout", timeout, Duration.ZERO, QueueSettings.LONGEST_LEASE));
        long end = System.nanoTime() + wait.toNanos();
        Supplier<Queue> asked = () -> {
            Queue queue = queues.get(queueName);
            if (queueId.orElse(queue.id()) != queue.id()) {
                throw QueueAdmin.notFound(queueName);
            }
            return queue;
        };
        int id = asked.get().id();
        // who waits takes a place first, and so looks once
        Answer leases = wait.isZero() && wanted.getAsBoolean() ? lease(asked.get(), max, visibilityTimeout) : NOTHING;
        boolean called = false;
        while (leases.leases().isEmpty()
                && (called || System.nanoTime() < end)
                && !waitingReceivers.closed()
                && wanted.getAsBoolean()
                && !Thread.currentThread().isInterrupted()) {
            WaitingReceivers.Ticket ticket = waitingReceivers.enter(id, called);
            called = false;
            try {
                leases = lease(asked.get(), max, visibilityTimeout);
                called = leases.leases().isEmpty()
                        && waitingReceivers.await(ticket, Duration.ofNanos(end - System.nanoTime()), wanted);
            } finally {
                waitingReceivers.leave(id, ticket, !called);
            }
        }
        if (leases.more() || called) {
            // there may be more right behind these, and a call that is not followed is somebody else's
            waitingReceivers.call(id, 1);
        }
        return leases.leases().stream().map(this::delivery).toList();
    }

    private Answer lease(Queue queue, int max, Optional<Duration> visibilityTimeout) {
        if (queue.paused()) {
            return NOTHING;
        }
        Duration timeout = visibilityTimeout.orElse(queue.settings().visibilityTimeout());
        if (queue.inMemory()) {
            return leaseInMemory(queue, timeout, max);
        }
        return partitions.count() == 1
                ? lanes.submit(0, new Request(queue, timeout, max))
                : leaseFromAll(queue, timeout, max);
    }

    private Answer leaseInMemory(Queue queue, Duration timeout, int max) {
        if (!memory.follows(queue.id())) {
            memory.follow(queue, deadLetterRouting.of(queue));
        }
        ClaimRequest claim = new ClaimRequest(queue.id(), queue.settings(), queue.levels(), timeout, max, Map.of());
        ClaimResult claimed = memory.claim(List.of(claim)).getFirst();
        return new Answer(claimed.leases(), claimed.more());
    }

    /**
     * From the partitions side by side, each a part of what is wanted (of one message: one after the other); for what
     * some lack the others are asked again, and the slowest is waited for. Each receive begins with the next partition;
     * what those that fail have must wait.
     *
     * @throws QueueException when all fail and none gave anything
     */
    private Answer leaseFromAll(Queue queue, Duration timeout, int max) {
        List<Integer> open = inTurn(queue);
        List<Lease> leases = new ArrayList<>();
        boolean cut = false;
        QueueException last = null;
        int failed = 0;
        while (leases.size() < max && !open.isEmpty()) {
            Map<Integer, Request> requests = parts(queue, timeout, max - leases.size(), open);
            for (Map.Entry<Integer, PartitionedCommit.Outcome<Answer>> one : lanes.submitAll(requests).entrySet()) {
                switch (one.getValue()) {
                    case PartitionedCommit.Outcome.Answered<Answer> answered -> {
                        leases.addAll(answered.answer().leases());
                        if (answered.answer().leases().size() < requests.get(one.getKey()).max()) {
                            open.remove(one.getKey());
                            cut |= answered.answer().more();
                        }
                    }
                    case PartitionedCommit.Outcome.Refused<Answer> refused -> {
                        open.remove(one.getKey());
                        last = refused.why();
                        failed++;
                    }
                }
            }
        }
        // what one gave before it failed is leased by now and must reach its receiver
        if (leases.isEmpty() && failed == partitions.count()) {
            throw last;
        }
        return new Answer(leases, cut || !open.isEmpty());
    }

    private List<Integer> inTurn(Queue queue) {
        int first = turns.getAndIncrement(queue.id() % turns.length());
        List<Integer> all = new ArrayList<>(partitions.count());
        for (int i = 0; i < partitions.count(); i++) {
            all.add(Math.floorMod(first + i, partitions.count()));
        }
        return all;
    }

    /** As even as can be, the first ones more; those for which none is left are not asked. */
    private static Map<Integer, Request> parts(Queue queue, Duration timeout, int wanted, List<Integer> open) {
        int asked = Math.min(wanted, open.size());
        Map<Integer, Request> parts = new HashMap<>();
        for (int i = 0; i < asked; i++) {
            parts.put(open.get(i), new Request(queue, timeout, wanted / asked + (i < wanted % asked ? 1 : 0)));
        }
        return parts;
    }

    private Delivery delivery(Lease lease) {
        return new Delivery(
                lease.id().orElseGet(() -> GeneratedId.of(lease.key())),
                receipts.write(new ReceiptCodec.Receipt(lease.key(), lease.token(), lease.deliveries())),
                lease.body(),
                lease.metadata(),
                lease.key().priority(),
                lease.deliveries(),
                lease.token(),
                lease.enqueuedAt(),
                lease.firstReceivedAt(),
                lease.leaseUntil());
    }

    private record Kind(int queueId, Duration visibilityTimeout) {}

    /** One claim for all requests that want the same of the same queue. */
    private List<Answer> claimAll(List<Request> requests) {
        // in the order of the queues, in which everybody locks their counters
        Map<Kind, List<Integer>> kinds =
                new TreeMap<>(Comparator.comparing(Kind::queueId).thenComparing(Kind::visibilityTimeout));
        for (int i = 0; i < requests.size(); i++) {
            Request request = requests.get(i);
            kinds.computeIfAbsent(
                            new Kind(request.queue().id(), request.visibilityTimeout()), kind -> new ArrayList<>())
                    .add(i);
        }
        List<List<Integer>> groups = List.copyOf(kinds.values());
        List<LowWaterMarks.Start> starts = groups.stream()
                .map(group -> lowWaterMarks.begin(requests.get(group.getFirst()).queue()))
                .toList();
        List<ClaimRequest> claims = IntStream.range(0, groups.size())
                .mapToObj(i -> claim(requests, groups.get(i), starts.get(i)))
                .toList();
        List<ClaimResult> claimed = claim(claims, requests, groups, starts);
        Answer[] answers = new Answer[requests.size()];
        for (int i = 0; i < groups.size(); i++) {
            ClaimResult found = claimed.get(i);
            lowWaterMarks.leased(claims.get(i).queueId(), found.leases(), found.more());
            if (starts.get(i).head()) {
                lowWaterMarks.claimedFromHead(requests.get(groups.get(i).getFirst()).queue(), found.nanos());
            }
            share(found, requests, groups.get(i), answers);
        }
        return List.of(answers);
    }

    /** A claim that takes too long to succeed is a long walk too. */
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
                start.behind());
    }

    private static void share(ClaimResult claimed, List<Request> requests, List<Integer> group, Answer[] answers) {
        List<Lease> leases = claimed.leases();
        int from = 0;
        for (int i : group) {
            int to = Math.min(leases.size(), from + requests.get(i).max());
            answers[i] = new Answer(leases.subList(from, to), claimed.more());
            from = to;
        }
    }

    @Override
    public void close() {
        lanes.close();
    }
}
