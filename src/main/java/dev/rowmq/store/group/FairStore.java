package dev.rowmq.store.group;

import dev.rowmq.model.message.FairShare;
import dev.rowmq.model.message.ReservedMetadata;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.group.GroupClaims.LeasedMember;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.MetadataJson;
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
 * bounded number of rows in the order of the queue.
 */
public final class FairStore {

    /** Maximum rows that a call reads. */
    private static final int MAX_ROWS = 5000;

    /** Rows that a claim reads first; each further step reads four times as many. */
    private static final int FIRST_ROWS = 100;

    private static final String IN_FLIGHT = """
        select metadata
        from (
            select metadata, lease_state, visible_at
            from message
            where queue_id = ? and priority = 0 and position > ?
            order by queue_id, priority, position
            fetch first ? rows only) first_rows
        where lease_state > 0 and visible_at > clock_timestamp()
        """;

    private static final String ROWS = """
        select position, octet_length(body), metadata,
            visible_at <= clock_timestamp() and expires_at > clock_timestamp() and deliveries < ?
        from message
        where queue_id = ? and priority = 0 and position > ?
        order by queue_id, priority, position
        fetch first ? rows only
        """;

    /**
     * The result of a claim.
     *
     * @param leases in the order of the positions
     * @param readTo position of the last message that was looked at
     * @param end    whether no message is after it
     */
    public record QuietClaim(List<Lease> leases, long readTo, boolean end) {}

    private record Row(long position, int size, String metadata, boolean free) {}

    private final JdbcTemplate jdbc;
    private final MetadataJson metadata;
    private final Transactions transactions;
    private final QueueCounters counters;
    private final GroupClaims claims;

    public FairStore(
            JdbcTemplate jdbc,
            MetadataJson metadata,
            Transactions transactions,
            QueueCounters counters,
            GroupClaims claims) {
        this.jdbc = jdbc;
        this.metadata = metadata;
        this.transactions = transactions;
        this.counters = counters;
        this.claims = claims;
    }

    /** The noisy groups of the queue, see {@link FairShare}, judged by its first messages after a position. */
    public Set<String> noisyGroups(int queueId, long after) {
        return SqlErrorTranslator.translating(() -> {
            Map<String, Integer> inFlight = new HashMap<>();
            int[] seen = {0};
            jdbc.query(
                    IN_FLIGHT,
                    row -> {
                        seen[0]++;
                        String group = group(row.getString(1));
                        if (group != null) {
                            inFlight.merge(group, 1, Integer::sum);
                        }
                    },
                    queueId,
                    after,
                    MAX_ROWS);
            Set<String> noisy = FairShare.noisy(inFlight, seen[0]);
            // many more may be in flight after these rows
            return noisy.isEmpty() ? noisy : FairShare.noisy(
                    inFlight, Math.max(seen[0], counters.of(queueId).get(QueueCounter.IN_FLIGHT)));
        });
    }

    private String group(String text) {
        return text == null || !text.contains(ReservedMetadata.GROUP)
                ? null
                : metadata.read(text).get(ReservedMetadata.GROUP);
    }

    /**
     * Leases the first messages that belong to none of some groups. Messages without a group belong to none.
     *
     * @param request its scan begins after the position for priority 0
     */
    public QuietClaim claimOthers(ClaimRequest request, Set<String> groups) {
        SqlErrorTranslator.translating(counters::beforeUpdates);
        return transactions.inTransaction(() -> {
            FoundMessages found = new FoundMessages(request);
            for (int rows = FIRST_ROWS, left = MAX_ROWS; left > 0 && !found.done(); left -= rows, rows *= 4) {
                int most = Math.min(rows, left);
                List<Row> read = read(request, found.readTo, most);
                read.stream().takeWhile(any -> !found.full).forEach(row -> found.add(row, groups));
                found.end = read.size() < most && !found.full;
            }
            return new QuietClaim(lease(request, found.wanted), found.readTo, found.end);
        });
    }

    /** The messages that a claim has found. */
    private final class FoundMessages {

        private final int max;
        private final List<Long> wanted = new ArrayList<>();
        private long readTo;
        private long bytes;
        private boolean full;
        private boolean end;

        FoundMessages(ClaimRequest request) {
            this.max = request.max();
            this.readTo = request.from().getOrDefault(0, 0L);
        }

        boolean done() {
            return full || end;
        }

        void add(Row row, Set<String> groups) {
            boolean wants = row.free() && isOther(row, groups);
            if (wants && bytes + row.size() > JdbcMessageStore.MAX_BYTES && !wanted.isEmpty()) {
                full = true;
                return;
            }
            if (wants) {
                wanted.add(row.position());
                bytes += row.size();
                full = wanted.size() == max;
            }
            readTo = row.position();
        }
    }

    private boolean isOther(Row row, Set<String> groups) {
        String group = group(row.metadata());
        return group == null || !groups.contains(group);
    }

    private List<Row> read(ClaimRequest request, long after, int most) {
        return jdbc.query(
                ROWS,
                (row, n) -> new Row(row.getLong(1), row.getInt(2), row.getString(3), row.getBoolean(4)),
                JdbcMessageStore.mostDeliveries(request),
                request.queueId(),
                after,
                most);
    }

    private List<Lease> lease(ClaimRequest request, List<Long> positions) {
        if (positions.isEmpty()) {
            return List.of();
        }
        List<LeasedMember> leased = new ArrayList<>(claims.lease(request, positions));
        leased.sort(Comparator.comparing(one -> one.lease().key()));
        CounterDeltas deltas = new CounterDeltas();
        leased.forEach(one -> GroupClaims.count(one, deltas));
        counters.add(deltas);
        if (!leased.isEmpty()) {
            transactions.hot();
        }
        return leased.stream().map(LeasedMember::lease).toList();
    }
}
