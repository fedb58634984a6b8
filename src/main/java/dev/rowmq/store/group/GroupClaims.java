package dev.rowmq.store.group;

import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.QueueCounters;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Claims in FIFO queues. A claim locks groups that may have free messages, reads the first messages of each, and leases
 * those that are free up to the first one that is not. A group that another claim or a send has locked is left out.
 * While messages of a group are leased, claims leave the group out until one of these leases is settled or ends. Every
 * 30 s a claim reads the group nevertheless, in case that a release was lost.
 */
public abstract class GroupClaims {

    /** Maximum groups that one claim locks. */
    private static final int MAX_GROUPS = 250;

    /** Maximum members that are read for each message wanted. */
    private static final int MEMBERS_PER_WANTED = 4;

    /** Members of a group that are read at least. */
    private static final int MIN_MEMBERS = 10;

    /** Members of a group that are read at once after some whose messages were all gone. */
    private static final int STALE_MEMBERS = 500;

    /** How often one claim reads on after members whose messages were all gone. */
    private static final int STALE_ROUNDS = 20;

    /** When to look again after a claim that another transaction disturbed. */
    private static final Duration SHORT_PAUSE = Duration.ofMillis(20);

    /** A group that the claim has locked. */
    record LockedGroup(String name, long head) {}

    /** Counts and result of a lease. */
    record LeasedMember(Lease lease, boolean wasReady, Instant visibleAt) {}

    /** Another transaction settled a message between the reading and the lease. */
    private static final class Disturbed extends RuntimeException {

        Disturbed() {
            super(null, null, false, false);
        }
    }

    final JdbcTemplate jdbc;
    private final Transactions transactions;
    private final QueueCounters counters;
    final GroupTable table;

    GroupClaims(JdbcTemplate jdbc, Transactions transactions, QueueCounters counters, DatabaseSupport database) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.counters = counters;
        this.table = new GroupTable(jdbc, database);
    }

    /**
     * The first members of each group, in order.
     *
     * @param most maximum members of each group
     */
    abstract Map<String, List<GroupMember>> members(
            ClaimRequest request, List<LockedGroup> groups, int most);

    /** Leases messages that are free. Returns fewer when another transaction has changed some of them. */
    abstract List<LeasedMember> lease(ClaimRequest request, List<Long> positions);

    List<ClaimResult> claim(List<ClaimRequest> requests) {
        SqlErrorTranslator.translating(counters::beforeUpdates);
        Map<Integer, List<Integer>> byQueue = new TreeMap<>();
        for (int i = 0; i < requests.size(); i++) {
            byQueue.computeIfAbsent(requests.get(i).queueId(), any -> new ArrayList<>()).add(i);
        }
        ClaimResult[] results = new ClaimResult[requests.size()];
        try {
            transactions.inTransaction(() -> {
                CounterDeltas deltas = new CounterDeltas();
                byQueue.forEach((queueId, indexes) -> {
                    List<ClaimResult> claimed =
                            claim(queueId, indexes.stream().map(requests::get).toList(), deltas);
                    for (int i = 0; i < claimed.size(); i++) {
                        results[indexes.get(i)] = claimed.get(i);
                    }
                });
                counters.add(deltas);
                return results;
            });
        } catch (Disturbed disturbed) {
            ClaimResult again = new ClaimResult(List.of(), true, 0, SHORT_PAUSE);
            return requests.stream().map(any -> again).toList();
        }
        return List.of(results);
    }

    private List<ClaimResult> claim(int queueId, List<ClaimRequest> requests, CounterDeltas deltas) {
        long begin = System.nanoTime();
        List<List<Lease>> leases = new ArrayList<>();
        requests.forEach(any -> leases.add(new ArrayList<>()));
        ClaimPlan plan = plan(queueId, requests);
        boolean more = plan.groups().size() == MAX_GROUPS;
        if (!plan.groups().isEmpty()) {
            lease(requests, plan, leases, deltas);
            table.write(queueId, plan);
            more |= plan.complete() || plan.left();
        }
        boolean nothing = leases.stream().allMatch(List::isEmpty);
        Duration again = nothing ? table.nextLook(queueId) : Duration.ZERO;
        if (!nothing) {
            transactions.hot();
        }
        boolean maybeMore = more;
        long nanos = System.nanoTime() - begin;
        return leases.stream().map(own -> new ClaimResult(own, maybeMore, nanos, again)).toList();
    }

    /** Locks a group for each receiver, and more when these have too few messages. */
    private ClaimPlan plan(int queueId, List<ClaimRequest> requests) {
        int limit = Math.min(MAX_GROUPS, requests.size());
        while (true) {
            List<LockedGroup> groups = table.lock(queueId, limit);
            ClaimPlan plan = plan(groups, requests);
            if (groups.size() < limit || limit == MAX_GROUPS || plan.complete()) {
                return plan;
            }
            limit = Math.min(MAX_GROUPS, 4 * limit);
        }
    }

    private ClaimPlan plan(List<LockedGroup> groups, List<ClaimRequest> requests) {
        if (groups.isEmpty()) {
            return new ClaimPlan(groups, Map.of(), Set.of(), requests);
        }
        int wanted = requests.stream().mapToInt(ClaimRequest::max).sum();
        int largest = requests.stream().mapToInt(ClaimRequest::max).max().orElseThrow();
        int most = Math.max(MIN_MEMBERS, Math.min(largest, MEMBERS_PER_WANTED * wanted / groups.size()));
        Map<String, List<GroupMember>> members = new HashMap<>(members(requests.getFirst(), groups, most));
        Set<String> cut = readOn(requests.getFirst(), groups, members, most);
        return new ClaimPlan(groups, members, cut, requests);
    }

    /**
     * Reads on in groups whose members that were read are all gone, as after a purge, and removes these. Returns the
     * groups that may have more members.
     */
    private Set<String> readOn(
            ClaimRequest request, List<LockedGroup> groups, Map<String, List<GroupMember>> members, int most) {
        Set<String> cut = new HashSet<>();
        members.forEach((group, own) -> {
            if (own.size() == most) {
                cut.add(group);
            }
        });
        List<LockedGroup> stale = groups;
        for (int round = 0; round < STALE_ROUNDS && !stale.isEmpty(); round++) {
            stale = stale.stream()
                    .filter(group -> cut.contains(group.name())
                            && members.get(group.name()).stream().allMatch(GroupMember::gone))
                    .map(group -> new LockedGroup(
                            group.name(), members.get(group.name()).getLast().position() + 1))
                    .toList();
            if (!stale.isEmpty()) {
                List<Object[]> gone = new ArrayList<>();
                stale.forEach(group -> members.remove(group.name()).forEach(member ->
                        gone.add(new Object[] {request.queueId(), group.name(), member.position()})));
                table.removeMembers(gone);
                stale.forEach(group -> cut.remove(group.name()));
                members(request, stale, STALE_MEMBERS).forEach((group, own) -> {
                    members.put(group, own);
                    if (own.size() == STALE_MEMBERS) {
                        cut.add(group);
                    }
                });
            }
        }
        return cut;
    }

    private void lease(
            List<ClaimRequest> requests, ClaimPlan plan, List<List<Lease>> leases, CounterDeltas deltas) {
        Map<Long, LeasedMember> all = new HashMap<>();
        // one statement for all receivers that ask for the same timeout
        Map<Duration, List<Long>> byTimeout = new HashMap<>();
        for (int i = 0; i < requests.size(); i++) {
            byTimeout
                    .computeIfAbsent(requests.get(i).visibilityTimeout(), any -> new ArrayList<>())
                    .addAll(plan.positions(i));
        }
        byTimeout.forEach((timeout, positions) -> {
            if (!positions.isEmpty()) {
                ClaimRequest request = requests.stream()
                        .filter(one -> one.visibilityTimeout().equals(timeout))
                        .findFirst()
                        .orElseThrow();
                lease(request, positions).forEach(one -> all.put(one.lease().key().position(), one));
            }
        });
        for (int i = 0; i < requests.size(); i++) {
            for (long position : plan.positions(i)) {
                LeasedMember leased = all.get(position);
                if (leased == null) {
                    throw new Disturbed();
                }
                leases.get(i).add(leased.lease());
                plan.leasedUntil(position, leased.visibleAt());
                count(leased, deltas);
            }
        }
    }

    /** Counts a leased message. */
    static void count(LeasedMember leased, CounterDeltas deltas) {
        int queueId = leased.lease().key().queueId();
        deltas.move(queueId, QueueCounter.READY, QueueCounter.IN_FLIGHT, leased.wasReady() ? 1 : 0)
                .add(queueId, QueueCounter.RECEIVED, 1)
                .add(queueId, QueueCounter.REDELIVERED, leased.lease().deliveries() > 1 ? 1 : 0);
        deltas.claimedTo(queueId, leased.lease().key().position());
    }
}
