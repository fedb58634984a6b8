package dev.rowmq.store.group;

import dev.rowmq.model.message.FairShare;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.group.GroupClaims.LeasedMember;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.QueueCounters;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Fairness between the message groups of a standard queue with one priority: which groups have more than their share
 * in flight, and claims that pass over the messages of these. Standard queues have no index by group; each call reads a
 * bounded number of rows in the order of the queue, and of their metadata the group only.
 */
public final class FairStore {

    /** Maximum rows that a call reads from one place on. */
    private static final int MAX_ROWS = 5000;

    /** Rows that a claim reads first; each further step reads four times as many. */
    private static final int FIRST_ROWS = 100;

    /** The metadata from the entry with the group on, as long as a group may be with each character escaped. */
    private static final String GROUP_ENTRY = """
        case when position('"rowmq.group":' in metadata) > 0
            then substring(metadata from position('"rowmq.group":' in metadata) for 280) end\
        """;

    private static final String FIRST_IN_FLIGHT = """
        select position, %s
        from (
            select position, metadata, lease_state, visible_at
            from message
            where queue_id = ? and priority = 0 and position > ? and position <= ?
            order by queue_id, priority, position
            fetch first ? rows only) rows_read
        where lease_state > 0 and visible_at > clock_timestamp()
        """.formatted(GROUP_ENTRY);

    private static final String LAST_IN_FLIGHT = FIRST_IN_FLIGHT.replace(
            "order by queue_id, priority, position", "order by queue_id desc, priority desc, position desc");

    private static final String ROWS = """
        select position, octet_length(body), %s,
            visible_at <= clock_timestamp() and expires_at > clock_timestamp() and deliveries < ?
        from message
        where queue_id = ? and priority = 0 and position > ?
        order by queue_id, priority, position
        fetch first ? rows only
        """.formatted(GROUP_ENTRY);

    /**
     * The result of a claim.
     *
     * @param leases     in the order of the positions
     * @param readTo     position of the last message that was looked at
     * @param end        whether no message is after it
     * @param passedOver whether free messages were left
     */
    public record QuietClaim(List<Lease> leases, long readTo, boolean end, boolean passedOver) {

        /** Bytes of the bodies. */
        public long bytes() {
            return leases.stream().mapToLong(lease -> lease.body().bytes().length).sum();
        }
    }

    private record Row(long position, int size, String group, boolean free) {}

    private final JdbcTemplate jdbc;
    private final Transactions transactions;
    private final QueueCounters counters;
    private final GroupClaims claims;

    public FairStore(
            JdbcTemplate jdbc, Transactions transactions, QueueCounters counters, GroupClaims claims) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.counters = counters;
        this.claims = claims;
    }

    /**
     * The noisy groups of the queue, see {@link FairShare}, judged by its first messages and by the last ones that were
     * leased.
     *
     * @param head     no message has this position or a lower one
     * @param leasedTo the last position leased in the usual order; claims before their turn may have leased later ones,
     *     with many messages between that wait
     */
    public Set<String> noisyGroups(int queueId, long head, long leasedTo) {
        return SqlErrorTranslator.translating(() -> {
            long last = counters.claimedTo(queueId);
            Map<Long, String> inFlight = new HashMap<>();
            read(FIRST_IN_FLIGHT, queueId, head, last, inFlight);
            read(LAST_IN_FLIGHT, queueId, head, last, inFlight);
            if (leasedTo > head && leasedTo < last) {
                read(LAST_IN_FLIGHT, queueId, head, leasedTo, inFlight);
            }
            Map<String, Integer> byGroup = new HashMap<>();
            inFlight.values().stream().filter(group -> !group.isEmpty())
                    .forEach(group -> byGroup.merge(group, 1, Integer::sum));
            Set<String> noisy = FairShare.noisy(byGroup, inFlight.size());
            // many more may be in flight between these rows
            return noisy.isEmpty()
                    ? noisy
                    : FairShare.noisy(
                            byGroup,
                            inFlight.size() >= MAX_ROWS
                                    // a large sample stands for all
                                    ? inFlight.size()
                                    : Math.max(inFlight.size(), counters.of(queueId).get(QueueCounter.IN_FLIGHT)));
        });
    }

    private void read(String sql, int queueId, long head, long last, Map<Long, String> inFlight) {
        jdbc.query(sql, row -> {
            inFlight.put(row.getLong(1), group(row.getString(2)));
        }, queueId, head, last, MAX_ROWS);
    }

    /** The group in an entry of metadata such as {@code "rowmq.group":"a"}; empty when there is none. */
    static String group(String entry) {
        int begin = entry == null ? -1 : entry.indexOf('"', entry.indexOf(':'));
        if (begin < 0) {
            return "";
        }
        StringBuilder group = new StringBuilder();
        for (int i = begin + 1; i < entry.length() && entry.charAt(i) != '"'; i++) {
            // of the characters of a group only the quotation mark and the backslash are escaped
            i += entry.charAt(i) == '\\' ? 1 : 0;
            group.append(entry.charAt(i));
        }
        return group.toString();
    }

    /**
     * Leases the first messages that belong to none of some groups. Messages without a group belong to none.
     *
     * @param request  its scan begins after the position for priority 0
     * @param maxBytes maximum bytes of the bodies, except for the first one
     */
    public QuietClaim claimOthers(ClaimRequest request, Set<String> groups, long maxBytes) {
        FoundMessages found = new FoundMessages(request, groups, maxBytes);
        SqlErrorTranslator.translating(() -> {
            for (int rows = FIRST_ROWS, left = MAX_ROWS; left > 0 && !found.done(); left -= rows, rows *= 4) {
                int most = Math.min(rows, left);
                List<Row> read = read(request, found.readTo, most);
                read.stream().takeWhile(any -> !found.full).forEach(found::add);
                found.end = read.size() < most && !found.full;
            }
            return found;
        });
        List<Lease> leases = found.wanted.isEmpty() ? List.of() : lease(request, found.wanted);
        return new QuietClaim(leases, found.readTo, found.end, found.passedOver);
    }

    /** The messages that a claim has found. */
    private static final class FoundMessages {

        private final int max;
        private final Set<String> groups;
        private final long maxBytes;
        private final List<Long> wanted = new ArrayList<>();
        private long readTo;
        private long bytes;
        private boolean full;
        private boolean end;
        private boolean passedOver;

        FoundMessages(ClaimRequest request, Set<String> groups, long maxBytes) {
            this.max = request.max();
            this.groups = groups;
            this.maxBytes = maxBytes;
            this.readTo = request.from().getOrDefault(0, 0L);
        }

        boolean done() {
            return full || end;
        }

        void add(Row row) {
            boolean wants = row.free() && !groups.contains(row.group());
            if (wants && bytes + row.size() > maxBytes && !wanted.isEmpty()) {
                full = true;
                return;
            }
            if (wants) {
                wanted.add(row.position());
                bytes += row.size();
                full = wanted.size() == max;
            }
            passedOver |= row.free() && !wants;
            readTo = row.position();
        }
    }

    private List<Row> read(ClaimRequest request, long after, int most) {
        return jdbc.query(
                ROWS,
                (row, n) -> new Row(row.getLong(1), row.getInt(2), group(row.getString(3)), row.getBoolean(4)),
                JdbcMessageStore.mostDeliveries(request),
                request.queueId(),
                after,
                most);
    }

    /** Messages that another claim has leased meanwhile are left out. */
    private List<Lease> lease(ClaimRequest request, List<Long> positions) {
        SqlErrorTranslator.translating(counters::beforeUpdates);
        return transactions.inTransaction(() -> {
            List<LeasedMember> leased = new ArrayList<>(claims.lease(request, positions));
            leased.sort(Comparator.comparing(one -> one.lease().key()));
            CounterDeltas deltas = new CounterDeltas();
            leased.forEach(one -> GroupClaims.count(one, deltas));
            counters.add(deltas);
            if (!leased.isEmpty()) {
                transactions.hot();
            }
            return leased.stream().map(LeasedMember::lease).toList();
        });
    }
}
