package dev.rowmq.store.group;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.database.DurableTransactions;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.FifoQueues;
import dev.rowmq.store.sql.GroupRows;
import dev.rowmq.store.sql.GroupRows.GroupKey;
import dev.rowmq.store.sql.GroupRows.Member;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** The hot path for standard queues and FIFO queues. What concerns no FIFO queue goes through unchanged. */
public final class GroupedMessageStore implements MessageStore {

    private static final Duration MAX_APART = Duration.ofMillis(100);
    private static final Duration SHORT_WAIT = Duration.ofMillis(2);

    private final MessageStore store;
    private final Transactions transactions;
    private final GroupRows groups;
    private final FifoQueues fifo;
    private final DeduplicationRows deduplication;
    private final GroupClaims claims;
    private final LateReleases late;

    /** @param store for messages without groups */
    public GroupedMessageStore(
            MessageStore store,
            Transactions transactions,
            GroupRows groups,
            FifoQueues fifo,
            DeduplicationRows deduplication,
            GroupClaims claims,
            LateReleases late) {
        this.store = store;
        this.transactions = transactions;
        this.groups = groups;
        this.fifo = fifo;
        this.deduplication = deduplication;
        this.claims = claims;
        this.late = late;
    }

    @Override
    public Optional<SendOutcome> find(MessageRow row) {
        return store.find(row);
    }

    @Override
    public boolean holdsGroup(int queueId, String group) {
        return SqlErrorTranslator.translating(() -> groups.exists(new GroupKey(queueId, group)));
    }

    @Override
    public List<SendOutcome> send(List<MessageRow> rows) {
        return rows.stream().allMatch(row -> row.group().isEmpty()) ? store.send(rows) : sendGrouped(rows);
    }

    private List<SendOutcome> sendGrouped(List<MessageRow> rows) {
        SortedSet<GroupKey> used = new TreeSet<>();
        rows.stream().filter(row -> row.group().isPresent()).map(GroupedMessageStore::key).forEach(used::add);
        try {
            return transactions.inTransaction(() -> sendGrouped(rows, used, GroupRows.MAX_WAIT));
        } catch (QueueException failure) {
            if (!SqlErrorTranslator.isLockTimeout(failure)) {
                throw failure;
            }
            // another transaction has locked a group, or is about to create it
            return used.size() == 1 ? Collections.nCopies(rows.size(), new SendOutcome.GroupBusy()) : sendApart(rows);
        }
    }

    private List<SendOutcome> sendGrouped(List<MessageRow> rows, SortedSet<GroupKey> used, Duration wait) {
        if (used.size() == 1) {
            // senders to one group get it in turn
            groups.limitWaiting(wait);
            groups.lock(used);
        } else {
            Set<GroupKey> busy = groups.tryLock(used);
            if (!busy.isEmpty()) {
                return sendOthers(rows, busy);
            }
        }
        deduplication.forget(rows);
        List<SendOutcome> outcomes = store.send(rows);
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).group().isPresent() && outcomes.get(i) instanceof SendOutcome.Accepted stored) {
                members.add(new Member(key(rows.get(i)), stored.key().position()));
            }
        }
        groups.add(members);
        return outcomes;
    }

    /**
     * Sends the messages of each group in a transaction of their own, and so those without a group. All together wait
     * for locked groups for about {@link #MAX_APART}, as other senders wait for their end; the groups that were not
     * reached are busy. The order is another one each time, so that each group is reached.
     */
    private List<SendOutcome> sendApart(List<MessageRow> rows) {
        Map<GroupKey, List<Integer>> byGroup = new HashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            byGroup.computeIfAbsent(key(rows.get(i)), any -> new ArrayList<>()).add(i);
        }
        List<List<Integer>> order = new ArrayList<>(byGroup.values());
        Collections.shuffle(order);
        SendOutcome[] outcomes = new SendOutcome[rows.size()];
        Duration waited = Duration.ZERO;
        for (List<Integer> own : order) {
            List<SendOutcome> sent = Collections.nCopies(own.size(), new SendOutcome.GroupBusy());
            if (waited.compareTo(MAX_APART) < 0) {
                long begin = System.nanoTime();
                sent = sendOneGroup(own.stream().map(rows::get).toList());
                if (sent.contains(new SendOutcome.GroupBusy())) {
                    waited = waited.plusNanos(System.nanoTime() - begin);
                }
            }
            for (int i = 0; i < own.size(); i++) {
                outcomes[own.get(i)] = sent.get(i);
            }
        }
        return List.of(outcomes);
    }

    /** Does not throw: messages of other groups are stored, so that the whole must not fail. */
    private List<SendOutcome> sendOneGroup(List<MessageRow> rows) {
        try {
            GroupKey group = key(rows.getFirst());
            return rows.getFirst().group().isEmpty()
                    ? store.send(rows)
                    : transactions.inTransaction(() -> sendGrouped(rows, new TreeSet<>(Set.of(group)), SHORT_WAIT));
        } catch (RuntimeException failure) {
            if (SqlErrorTranslator.isLockTimeout(failure)) {
                return Collections.nCopies(rows.size(), new SendOutcome.GroupBusy());
            }
            QueueException why =
                    failure instanceof QueueException known ? known : DurableTransactions.outcomeUnknown(failure);
            return Collections.nCopies(rows.size(), new SendOutcome.Unknown(why));
        }
    }

    /** Sends the messages whose groups no other transaction has locked. */
    private List<SendOutcome> sendOthers(List<MessageRow> rows, Set<GroupKey> busy) {
        List<MessageRow> others = rows.stream().filter(row -> !busy.contains(key(row))).toList();
        Iterator<SendOutcome> sent = sendWithin(others).iterator();
        SendOutcome refused = new SendOutcome.GroupBusy();
        return rows.stream()
                .map(row -> busy.contains(key(row)) ? refused : sent.next())
                .toList();
    }

    /** Sends messages, whose groups are locked, in the present transaction. */
    private List<SendOutcome> sendWithin(List<MessageRow> rows) {
        SortedSet<GroupKey> used = new TreeSet<>();
        rows.stream().filter(row -> row.group().isPresent()).map(GroupedMessageStore::key).forEach(used::add);
        return rows.isEmpty()
                ? List.of()
                : used.isEmpty() ? store.send(rows) : sendGrouped(rows, used, GroupRows.MAX_WAIT);
    }

    private static GroupKey key(MessageRow row) {
        return new GroupKey(row.queueId(), row.group().orElse(""));
    }

    @Override
    public List<ClaimResult> claim(List<ClaimRequest> requests) {
        List<ClaimRequest> grouped = requests.stream().filter(GroupedMessageStore::isFifo).toList();
        if (grouped.isEmpty()) {
            return store.claim(requests);
        }
        List<ClaimResult> inGroups = claims.claim(grouped);
        List<ClaimRequest> others =
                requests.stream().filter(request -> !isFifo(request)).toList();
        List<ClaimResult> free = others.isEmpty() ? List.of() : claimOthers(others, inGroups);
        List<ClaimResult> all = new ArrayList<>(requests.size());
        int nextGrouped = 0;
        int nextFree = 0;
        for (ClaimRequest request : requests) {
            all.add(isFifo(request) ? inGroups.get(nextGrouped++) : free.get(nextFree++));
        }
        return all;
    }

    private static boolean isFifo(ClaimRequest request) {
        return request.settings().fifo().isPresent();
    }

    /** A failure is not reported when the claims of other queues have leased messages: these must reach someone. */
    private List<ClaimResult> claimOthers(List<ClaimRequest> others, List<ClaimResult> before) {
        try {
            return store.claim(others);
        } catch (QueueException failure) {
            if (before.stream().allMatch(claimed -> claimed.leases().isEmpty())) {
                throw failure;
            }
            return others.stream().map(any -> new ClaimResult(List.of(), true, 0)).toList();
        }
    }

    /** The messages that these settlements have ended for good. */
    private static List<Member> ended(
            List<Settlement> settlements, List<SettleOutcome> outcomes, Map<Long, GroupKey> groups) {
        List<Member> ended = new ArrayList<>();
        for (int i = 0; i < settlements.size(); i++) {
            Settlement settlement = settlements.get(i);
            GroupKey group = groups.get(settlement.key().position());
            boolean ends = switch (settlement) {
                case Settlement.Ack ack -> true;
                case Settlement.AckAndRecord ackAndRecord -> true;
                case Settlement.ToDeadLetters dead -> true;
                case Settlement.Move move -> true;
                case Settlement.Nack nack -> false;
                case Settlement.TakeBack takeBack -> false;
                case Settlement.Extend extend -> false;
            };
            if (ends && group != null && outcomes.get(i) instanceof SettleOutcome.Done) {
                ended.add(new Member(group, settlement.key().position()));
            }
        }
        return ended;
    }

    @Override
    public List<SettleOutcome> settle(List<Settlement> settlements) {
        if (SqlErrorTranslator.translating(() ->
                settlements.stream().noneMatch(settlement -> fifo.contains(settlement.key().queueId())))) {
            return store.settle(settlements);
        }
        List<Set<GroupKey>> missed = new ArrayList<>();
        List<SettleOutcome> outcomes = transactions.inTransaction(() -> {
            groups.limitWaiting(GroupRows.MAX_WAIT);
            Map<Long, GroupKey> concerned =
                    groups.groupsOf(settlements.stream().map(Settlement::key).toList());
            List<SettleOutcome> settled = store.settle(settlements);
            groups.remove(ended(settlements, settled, concerned));
            missed.add(groups.release(new TreeSet<>(concerned.values())));
            return settled;
        });
        missed.forEach(late::release);
        return outcomes;
    }
}
