package dev.rowmq.store;

import dev.rowmq.message.Counts;
import dev.rowmq.message.Figure;

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
import java.util.stream.Collectors;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * The figures of the queues, without ever counting: a row for each queue and writer, changed in the transaction that
 * changes the messages. Each thread that writes often has a number of its own, so that no two wait for each other.
 */
@Component
public class Counters {

    private static final List<String> COLUMNS = Arrays.stream(Figure.values())
            .map(figure -> figure.name().toLowerCase(Locale.ROOT))
            .toList();

    private static final String ADD =
            """
            update queue_counter
            set %s,
                claimed_to = greatest(claimed_to, ?),
                updated_at = clock_timestamp()
            where queue_id = ? and writer = ?
            """
                    .formatted(COLUMNS.stream()
                            .map(column -> column + " = " + column + " + ?")
                            .collect(Collectors.joining(", ")));

    private static final String INSERT =
            """
            insert into queue_counter (%s, claimed_to, queue_id, writer, updated_at)
            values (%s, ?, ?, ?, clock_timestamp())
            """
                    .formatted(
                            String.join(", ", COLUMNS),
                            COLUMNS.stream().map(column -> "?").collect(Collectors.joining(", ")));

    private static final String SUMS =
            """
            select queue_id, %s
            from queue_counter
            """
                    .formatted(COLUMNS.stream()
                            .map(column -> "sum(" + column + ")")
                            .collect(Collectors.joining(", ")));

    private final JdbcTemplate jdbc;
    private final ThreadLocal<Long> writer;

    Counters(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
        this.writer = ThreadLocal.withInitial(this::newWriter);
    }

    private long newWriter() {
        return Thread.currentThread().isVirtual()
                ? 0
                : jdbc.queryForObject("select nextval('counter_writer')", Long.class);
    }

    /** Begins to count for a new queue, within the caller's transaction. */
    void begin(int queueId) {
        Map.Entry<Integer, Counts> nothing = Map.entry(queueId, Counts.ZERO);
        jdbc.update(INSERT, statement -> set(statement, nothing, new Tally(), 0));
    }

    /** The number of the calling thread's own rows. */
    long writer() {
        return writer.get();
    }

    /** Adds the changes, within the caller's transaction if there is one. */
    void add(Tally tally) {
        if (!tally.changes().isEmpty()) {
            add(tally, writer.get());
        }
    }

    private void add(Tally tally, long self) {
        List<Map.Entry<Integer, Counts>> changes = new ArrayList<>(tally.changes().entrySet());
        int[] updated = jdbc.batchUpdate(ADD, changes, changes.size(), (statement, change) -> set(statement, change, tally, self))[0];
        for (int i = 0; i < updated.length; i++) {
            if (updated[i] == 0) {
                Map.Entry<Integer, Counts> change = changes.get(i);
                jdbc.update(INSERT, statement -> set(statement, change, tally, self));
            }
        }
    }

    private static void set(PreparedStatement statement, Map.Entry<Integer, Counts> change, Tally tally, long writer)
            throws SQLException {
        int parameter = 1;
        for (Figure figure : Figure.values()) {
            statement.setLong(parameter++, change.getValue().get(figure));
        }
        statement.setLong(parameter++, tally.claimedTo(change.getKey()));
        statement.setInt(parameter++, change.getKey());
        statement.setLong(parameter, writer);
    }

    /** The figures of all queues that have any, by the queue's number. */
    public Map<Integer, Counts> all() {
        Map<Integer, Counts> all = new HashMap<>();
        FailureTranslation.translating(() -> {
            jdbc.query(SUMS + "group by queue_id", row -> {
                all.put(row.getInt(1), counts(row));
            });
            return all;
        });
        return all;
    }

    /** The figures of one queue. */
    public Counts of(int queueId) {
        return FailureTranslation.translating(
                () -> Optional.ofNullable(jdbc.query(
                                SUMS + "where queue_id = ? group by queue_id",
                                row -> row.next() ? counts(row) : null,
                                queueId))
                        .orElse(Counts.ZERO));
    }

    private static Counts counts(ResultSet row) throws SQLException {
        Counts counts = Counts.ZERO;
        for (Figure figure : Figure.values()) {
            counts = counts.plus(figure, row.getLong(figure.ordinal() + 2));
        }
        return counts;
    }

    /**
     * Adds rows that were not written for an hour, whose writers have most likely ended, to the row of writer 0. A writer
     * that lives after all begins a new row. Within the caller's transaction.
     */
    int fold() {
        List<long[]> idle = jdbc.query(
                """
                select queue_id, writer
                from queue_counter
                where writer <> 0 and updated_at < clock_timestamp() - interval '1' hour
                order by queue_id, writer
                for update skip locked
                """,
                (row, n) -> new long[] {row.getLong(1), row.getLong(2)});
        for (long[] key : idle) {
            int queueId = (int) key[0];
            Tally tally = new Tally();
            jdbc.query(
                    "select queue_id, " + String.join(", ", COLUMNS)
                            + ", claimed_to from queue_counter where queue_id = ? and writer = ?",
                    row -> {
                        Counts counts = counts(row);
                        for (Figure figure : Figure.values()) {
                            tally.add(queueId, figure, counts.get(figure));
                        }
                        tally.claimedTo(queueId, row.getLong("claimed_to"));
                    },
                    key[0],
                    key[1]);
            if (!tally.changes().isEmpty()) {
                add(tally, 0);
            }
            jdbc.update("delete from queue_counter where queue_id = ? and writer = ?", key[0], key[1]);
        }
        return idle.size();
    }

    /** The greatest position ever leased of a queue: behind it no message is in flight. */
    long claimedTo(int queueId) {
        Long greatest = jdbc.queryForObject(
                "select max(claimed_to) from queue_counter where queue_id = ?", Long.class, queueId);
        return greatest == null ? 0 : greatest;
    }
}
