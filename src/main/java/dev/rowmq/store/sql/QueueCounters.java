package dev.rowmq.store.sql;

import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.database.SqlErrorTranslator;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import java.util.stream.Collectors;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * The counters of the queues, kept without counting messages: one row for each queue and writer, changed in the
 * transaction that changes the messages. Each platform thread has writer numbers of its own, so that no two threads
 * wait for each other. A thread goes on to its next number after {@value #UPDATES_PER_ROW} changes of a queue's row:
 * while a transaction holds an old snapshot, PostgreSQL keeps every version of a row, and each change scans all of
 * them.
 */
@Component
public class QueueCounters {

    private static final List<String> COLUMNS = Arrays.stream(QueueCounter.values())
            .map(figure -> figure.name().toLowerCase(Locale.ROOT))
            .toList();

    private static final String ADD = """
        update queue_counter
        set %s,
            claimed_to = greatest(claimed_to, ?),
            updated_at = clock_timestamp()
        where queue_id = ? and writer = ?
        """.formatted(
            COLUMNS.stream().map(column -> column + " = " + column + " + ?").collect(Collectors.joining(", ")));

    private static final String INSERT = """
        insert into queue_counter (%s, claimed_to, queue_id, writer, updated_at)
        values (%s, ?, ?, ?, clock_timestamp())
        """.formatted(
            String.join(", ", COLUMNS), COLUMNS.stream().map(column -> "?").collect(Collectors.joining(", ")));

    private static final String SUMS =
            """
            select queue_id, %s
            from queue_counter
            """.formatted(COLUMNS.stream().map(column -> "sum(" + column + ")").collect(Collectors.joining(", ")));

    private static final int UPDATES_PER_ROW = 500;
    private static final long NUMBERS_OF_A_THREAD = 1_000_000;

    /**
     * A platform thread that changes counters.
     *
     * @param first   the first of the thread's writer numbers
     * @param updates the number of changes by this thread, by queue id
     */
    private record CounterWriter(long first, Map<Integer, Long> updates) {}

    private final JdbcTemplate jdbc;
    /** The writer of the thread, by partition. */
    private final ThreadLocal<Map<Integer, CounterWriter>> selves = ThreadLocal.withInitial(HashMap::new);

    public QueueCounters(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    private CounterWriter self() {
        return selves.get()
                .computeIfAbsent(
                        Partitions.current(),
                        any -> new CounterWriter(
                                NUMBERS_OF_A_THREAD
                                        * jdbc.queryForObject("select nextval('counter_writer')", Long.class),
                                new HashMap<>()));
    }

    /**
     * Draws the calling thread's writer numbers from the database unless it has them. To be called before a statement
     * that changes counters itself, as {@link #writer} would otherwise run this query on its first call.
     */
    public QueueCounters beforeUpdates() {
        if (!Thread.currentThread().isVirtual()) {
            self();
        }
        return this;
    }

    /**
     * The writer number for the next change that the calling thread makes to the counters of a queue. Virtual threads
     * share 0, as they live only for a moment.
     */
    public long writer(int queueId) {
        if (Thread.currentThread().isVirtual()) {
            return 0;
        }
        CounterWriter own = self();
        return own.first() + own.updates().merge(queueId, 1L, Long::sum) / UPDATES_PER_ROW % NUMBERS_OF_A_THREAD;
    }

    /** Inserts the first counter row of a new queue, within the caller's transaction. */
    public void begin(int queueId) {
        Map.Entry<Integer, QueueCounts> nothing = Map.entry(queueId, QueueCounts.ZERO);
        jdbc.update(INSERT, statement -> set(statement, nothing, new CounterDeltas(), 0));
    }

    /** Adds the changes, within the caller's transaction if there is one. */
    public void add(CounterDeltas deltas) {
        if (!deltas.changes().isEmpty()) {
            add(deltas, this::writer);
        }
    }

    private void add(CounterDeltas deltas, IntToLongFunction writer) {
        List<Map.Entry<Integer, QueueCounts>> changes = new ArrayList<>(deltas.changes().entrySet());
        Map<Integer, Long> writers = new HashMap<>();
        changes.forEach(change -> writers.put(change.getKey(), writer.applyAsLong(change.getKey())));
        int[] updated = jdbc.batchUpdate(
                        ADD,
                        changes,
                        changes.size(),
                        (statement, change) -> set(statement, change, deltas, writers.get(change.getKey())))[0];
        for (int i = 0; i < updated.length; i++) {
            if (updated[i] == 0) {
                Map.Entry<Integer, QueueCounts> change = changes.get(i);
                jdbc.update(INSERT, statement -> set(statement, change, deltas, writers.get(change.getKey())));
            }
        }
    }

    private static void set(
            PreparedStatement statement, Map.Entry<Integer, QueueCounts> change, CounterDeltas deltas, long writer)
            throws SQLException {
        int parameter = 1;
        for (QueueCounter figure : QueueCounter.values()) {
            statement.setLong(parameter++, change.getValue().get(figure));
        }
        statement.setLong(parameter++, deltas.claimedTo(change.getKey()));
        statement.setInt(parameter++, change.getKey());
        statement.setLong(parameter, writer);
    }

    /** The counters of all queues that have any, in the caller's partition, by queue id. */
    public Map<Integer, QueueCounts> all() {
        Map<Integer, QueueCounts> all = new HashMap<>();
        SqlErrorTranslator.translating(() -> {
            jdbc.query(SUMS + "group by queue_id", row -> {
                all.put(row.getInt(1), counts(row));
            });
            return all;
        });
        return all;
    }

    /** As {@link #all}, for the queues that hold a message. */
    public Map<Integer, QueueCounts> ofBusy() {
        Map<Integer, QueueCounts> busy = new HashMap<>();
        SqlErrorTranslator.translating(() -> {
            jdbc.query(
                    SUMS + "group by queue_id having sum(ready) <> 0 or sum(delayed) <> 0 or sum(in_flight) <> 0",
                    row -> {
                        busy.put(row.getInt(1), counts(row));
                    });
            return busy;
        });
        return busy;
    }

    /**
     * The queues that have messages ready. PostgreSQL only.
     *
     * @param inFlight whether messages in flight count too
     */
    public List<Integer> withMessages(List<Integer> queueIds, boolean inFlight) {
        return SqlErrorTranslator.translating(
                () -> jdbc.queryForList("""
                    select queue_id
                    from queue_counter
                    where queue_id = any(?)
                    group by queue_id
                    having sum(ready) > 0 or ? and sum(in_flight) > 0
                    """, Integer.class, queueIds.toArray(Integer[]::new), inFlight));
    }

    /** The counters of one queue in the caller's partition. */
    public QueueCounts of(int queueId) {
        return SqlErrorTranslator.translating(
                () -> Optional.ofNullable(jdbc.query(
                                SUMS + "where queue_id = ? group by queue_id",
                                row -> row.next() ? counts(row) : null,
                                queueId))
                        .orElse(QueueCounts.ZERO));
    }

    private static QueueCounts counts(ResultSet row) throws SQLException {
        QueueCounts counts = QueueCounts.ZERO;
        for (QueueCounter figure : QueueCounter.values()) {
            counts = counts.plus(figure, row.getLong(figure.ordinal() + 2));
        }
        return counts;
    }

    /**
     * Adds rows that were not changed for ten seconds to the row of writer 0, as their writers have ended or gone on to
     * other numbers. A writer that is still in use inserts a new row. Runs within the caller's transaction.
     *
     * @return the number of rows removed; 0 = none were idle
     */
    public int fold() {
        CounterDeltas deltas = new CounterDeltas();
        List<Object[]> idle = jdbc.query("""
            select queue_id, %s, claimed_to, writer
            from queue_counter
            where writer <> 0 and updated_at < clock_timestamp() - interval '10' second
            order by queue_id, writer
            fetch first 10000 rows only
            for update skip locked
            """.formatted(String.join(", ", COLUMNS)), (row, n) -> {
            int queueId = row.getInt("queue_id");
            QueueCounts counts = counts(row);
            for (QueueCounter figure : QueueCounter.values()) {
                deltas.add(queueId, figure, counts.get(figure));
            }
            deltas.claimedTo(queueId, row.getLong("claimed_to"));
            return new Object[] {queueId, row.getLong("writer")};
        });
        if (!deltas.changes().isEmpty()) {
            add(deltas, queueId -> 0);
        }
        if (!idle.isEmpty()) {
            jdbc.batchUpdate("delete from queue_counter where queue_id = ? and writer = ?", idle);
        }
        return idle.size();
    }

    /** The greatest position ever leased in a queue, 0 = none. No message after it is in flight. */
    public long claimedTo(int queueId) {
        Long greatest = jdbc.queryForObject(
                "select max(claimed_to) from queue_counter where queue_id = ?", Long.class, queueId);
        return greatest == null ? 0 : greatest;
    }
}
