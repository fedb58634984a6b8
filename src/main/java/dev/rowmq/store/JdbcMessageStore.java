package dev.rowmq.store;

import dev.rowmq.message.Body;
import dev.rowmq.message.Figure;
import dev.rowmq.message.MessageKey;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;

/** What the two databases have in common on the hot path: the order of steps, and what is counted. */
abstract class JdbcMessageStore implements MessageStore {

    /** A message due later than this waits in delayed_message. */
    static final long NEAR_MILLIS = 1_000;

    static final Body.Kind[] KINDS = Body.Kind.values();

    final JdbcTemplate jdbc;
    final MetadataText metadata;
    private final Transactions transactions;
    private final Counters counters;
    private final Burial burial;

    JdbcMessageStore(
            JdbcTemplate jdbc, MetadataText metadata, Transactions transactions, Counters counters, Burial burial) {
        this.jdbc = jdbc;
        this.metadata = metadata;
        this.transactions = transactions;
        this.counters = counters;
        this.burial = burial;
    }

    @Override
    public final List<Sent> send(List<NewRow> rows) {
        return transactions.write(() -> {
            Sent[] results = new Sent[rows.size()];
            refuseOverCapacity(rows, results);
            List<Integer> open = open(results);
            insert(rows, open, results);
            for (int i : open(results)) {
                results[i] = known(rows.get(i));
            }
            Tally tally = new Tally();
            for (int i : open) {
                count(rows.get(i), results[i], tally);
            }
            counters.add(tally);
            return Arrays.asList(results);
        });
    }

    /** Stores the rows with these indexes; leaves the result null where the id was known or stands twice in the group. */
    abstract void insert(List<NewRow> rows, List<Integer> open, Sent[] results);

    private static List<Integer> open(Sent[] results) {
        List<Integer> open = new ArrayList<>(results.length);
        for (int i = 0; i < results.length; i++) {
            if (results[i] == null) {
                open.add(i);
            }
        }
        return open;
    }

    private void refuseOverCapacity(List<NewRow> rows, Sent[] results) {
        Map<Integer, Long> held = new HashMap<>();
        for (int i = 0; i < results.length; i++) {
            NewRow row = rows.get(i);
            if (row.capacity() == 0) {
                continue;
            }
            long before = held.computeIfAbsent(row.queueId(), id -> counters.of(id).held());
            if (before < row.capacity()) {
                held.put(row.queueId(), before + 1);
            } else if (row.id().isEmpty() || !(known(row) instanceof Sent.Known)) {
                results[i] = new Sent.QueueFull(before);
            }
        }
    }

    /** The first message with the row's id; when there is none, the queue is gone. */
    private Sent known(NewRow row) {
        if (row.id().isEmpty()) {
            return new Sent.QueueGone();
        }
        Sent first = jdbc.query(
                """
                select priority, position, body_hash, enqueued_at, visible_at
                from processed_id
                where queue_id = ? and id = ?
                """,
                found -> found.next()
                        ? new Sent.Known(
                                new MessageKey(row.queueId(), found.getInt(1), found.getLong(2)),
                                found.getBytes(3),
                                instant(found, 4),
                                instant(found, 5))
                        : null,
                row.queueId(),
                row.id().get());
        return Objects.requireNonNullElseGet(first, Sent.QueueGone::new);
    }

    private static void count(NewRow row, Sent result, Tally tally) {
        switch (result) {
            case Sent.Stored stored -> tally.add(row.queueId(), stored.delayed() ? Figure.DELAYED : Figure.READY, 1)
                    .add(row.queueId(), Figure.SENT, 1)
                    .add(row.queueId(), Figure.SENT_BYTES, row.body().bytes().length);
            case Sent.Known known -> tally.add(
                    row.queueId(), Figure.DUPLICATES, Arrays.equals(known.bodyHash(), row.bodyHash()) ? 1 : 0);
            case Sent.QueueGone gone -> {}
            case Sent.QueueFull full -> {}
        }
    }

    @Override
    public final List<Lease> claim(Claim claim) {
        return transactions.write(() -> {
            List<Lease> leases = new ArrayList<>();
            Tally tally = new Tally();
            for (int priority = 0; priority < claim.levels() && leases.size() < claim.max(); priority++) {
                int before = leases.size();
                lease(claim, priority, claim.max() - before, leases, tally);
                for (Lease lease : leases.subList(before, leases.size())) {
                    tally.claimedTo(claim.queueId(), lease.key().position());
                }
            }
            if (leases.size() > claim.max()) {
                throw new IllegalStateException("claimed " + leases.size() + " of at most " + claim.max());
            }
            tally.add(claim.queueId(), Figure.RECEIVED, leases.size());
            tally.add(claim.queueId(), Figure.REDELIVERED, leases.stream().filter(lease -> lease.deliveries() > 1).count());
            counters.add(tally);
            return leases;
        });
    }

    /** Leases at most {@code max} messages of one priority and adds them, in order. */
    abstract void lease(Claim claim, int priority, int max, List<Lease> leases, Tally tally);

    @Override
    public final List<Settled> settle(List<Settlement> settlements) {
        return transactions.write(() -> {
            Map<Settlement, Settled> done = new HashMap<>();
            Tally tally = new Tally();
            groups(settlements).values().forEach(group -> settle(group, done, tally));
            List<Settled> results = new ArrayList<>();
            for (Settlement settlement : settlements) {
                Settled result = done.get(settlement);
                results.add(result != null ? result : missing(settlement.key()));
            }
            counters.add(tally);
            return results;
        });
    }

    /** Settlements that one statement can do: alike but for position and token. */
    private static Map<Object, List<Settlement>> groups(List<Settlement> settlements) {
        Map<Object, List<Settlement>> groups = new LinkedHashMap<>();
        for (Settlement settlement : settlements) {
            MessageKey key = settlement.key();
            MessageKey level = new MessageKey(key.queueId(), key.priority(), 0);
            Settlement kind =
                    switch (settlement) {
                        case Settlement.Ack ack -> new Settlement.Ack(level, 0, ack.processedRetention());
                        case Settlement.Release release -> new Settlement.Release(level, 0, release.rest(), release.error());
                        case Settlement.Bury bury -> new Settlement.Bury(level, 0, bury.reason(), bury.error(), bury.grave());
                        case Settlement.Extend extend -> new Settlement.Extend(
                                level, 0, extend.visibilityTimeout(), extend.rest());
                    };
            groups.computeIfAbsent(kind, any -> new ArrayList<>()).add(settlement);
        }
        return groups;
    }

    private void settle(List<Settlement> group, Map<Settlement, Settled> done, Tally tally) {
        switch (group.getFirst()) {
            case Settlement.Ack ack -> ack(ack, group, done, tally);
            case Settlement.Release release -> release(release, group, done, tally);
            case Settlement.Extend extend -> extend(extend, group, done, tally);
            case Settlement.Bury bury -> {
                List<Settlement> held = held(group);
                burial.bury(held.stream().map(Settlement::key).toList(), bury.reason(), bury.error(), bury.grave(), tally);
                held.forEach(settlement -> done.put(settlement, new Settled.Done(Optional.empty())));
            }
        }
    }

    /** Settles what is still under its lease, and notes it in {@code done}. All of the group are alike but for position and token. */
    abstract void ack(Settlement.Ack kind, List<Settlement> group, Map<Settlement, Settled> done, Tally tally);

    abstract void release(Settlement.Release kind, List<Settlement> group, Map<Settlement, Settled> done, Tally tally);

    abstract void extend(Settlement.Extend kind, List<Settlement> group, Map<Settlement, Settled> done, Tally tally);

    /** Those of the group that are still under their lease, locked. */
    private List<Settlement> held(List<Settlement> group) {
        List<Settlement> held = new ArrayList<>();
        for (Settlement settlement : group) {
            MessageKey key = settlement.key();
            List<Long> found = jdbc.queryForList(
                    """
                    select position
                    from message
                    where queue_id = ? and priority = ? and position = ? and lease_token = ?
                    for update
                    """,
                    Long.class,
                    key.queueId(),
                    key.priority(),
                    key.position(),
                    settlement.token());
            if (!found.isEmpty()) {
                held.add(settlement);
            }
        }
        return held;
    }

    private Settled missing(MessageKey key) {
        Long there = jdbc.queryForObject(
                """
                select (select count(*) from message where queue_id = ? and priority = ? and position = ?)
                    + (select count(*) from delayed_message where position = ?)
                """,
                Long.class,
                key.queueId(),
                key.priority(),
                key.position(),
                key.position());
        return there == null || there == 0 ? new Settled.Gone() : new Settled.Stale();
    }

    static Instant instant(ResultSet row, int column) throws SQLException {
        Timestamp time = row.getTimestamp(column);
        return time == null ? null : time.toInstant();
    }
}
