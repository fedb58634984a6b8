package dev.rowmq.store.cluster;

import dev.rowmq.model.queue.MoveTask;
import dev.rowmq.model.queue.MoveTask.MoveStatus;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Supplier;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** The tasks that move messages, in the first partition. An instance that runs a task shows that it is alive. */
@Component
public class MoveTaskStore {

    private static final String COLUMNS =
            "id, source, destination, messages_per_second, status, moved, to_move, failure, started_at";

    /** The task of an instance that has not shown itself for this long is run by another one. */
    private static final String ORPHANED = """
        active_source is not null and alive_at < clock_timestamp() - interval '30' second\
        """;

    private static final int MAX_FAILURE = 1000;

    private final JdbcTemplate jdbc;
    private final Transactions transactions;

    MoveTaskStore(JdbcTemplate jdbc, Transactions transactions) {
        this.jdbc = jdbc;
        this.transactions = transactions;
    }

    /** @return empty while another task of the source is active */
    public Optional<MoveTask> start(
            String source, Optional<String> destination, OptionalInt messagesPerSecond, long toMove) {
        String id = UUID.randomUUID().toString();
        try {
            change(() -> jdbc.update(
                    """
                    insert into move_task (id, source, active_source, destination, messages_per_second, status, moved,
                        to_move, started_at, alive_at)
                    values (?, ?, ?, ?, ?, ?, 0, ?, clock_timestamp(), clock_timestamp())
                    """,
                    id,
                    source,
                    source,
                    destination.orElse(null),
                    messagesPerSecond.orElse(0),
                    MoveStatus.RUNNING.ordinal(),
                    toMove));
        } catch (DuplicateKeyException another) {
            return Optional.empty();
        }
        return find(id);
    }

    public Optional<MoveTask> find(String id) {
        return read("select " + COLUMNS + " from move_task where id = ?", id).stream().findFirst();
    }

    /** The latest tasks of a source, the last first. */
    public List<MoveTask> list(String source, int max) {
        return read(
                "select " + COLUMNS + " from move_task where source = ? order by started_at desc, id limit ?",
                source,
                max);
    }

    /** Lets a running task end; returns whether it was running. */
    public boolean cancel(String id) {
        return change(() -> jdbc.update(
                        "update move_task set status = ? where id = ? and status = ?",
                        MoveStatus.CANCELLING.ordinal(),
                        id,
                        MoveStatus.RUNNING.ordinal()))
                > 0;
    }

    /** Records the progress of a task, and that its instance is alive; returns its present state. */
    public Optional<MoveTask> progress(String id, long moved) {
        change(() -> jdbc.update(
                """
                update move_task
                set moved = ?, alive_at = clock_timestamp()
                where id = ? and active_source is not null
                """,
                moved,
                id));
        return find(id);
    }

    public void end(String id, MoveStatus status, long moved, Optional<String> failure) {
        change(() -> jdbc.update(
                """
                update move_task
                set status = ?, moved = ?, failure = ?, active_source = null
                where id = ? and active_source is not null
                """,
                status.ordinal(),
                moved,
                failure.map(text -> text.substring(0, Math.min(text.length(), MAX_FAILURE))).orElse(null),
                id));
    }

    /** The tasks of instances that are gone, which the caller must run now. */
    public List<MoveTask> adopt() {
        return read("select " + COLUMNS + " from move_task where " + ORPHANED).stream()
                .filter(task -> change(() -> jdbc.update(
                                "update move_task set alive_at = clock_timestamp() where id = ? and " + ORPHANED,
                                task.id()))
                        > 0)
                .toList();
    }

    /** Removes the tasks that began more than 14 days ago and have ended. */
    public void forget() {
        change(() -> jdbc.update(
                """
                delete from move_task
                where active_source is null and started_at < clock_timestamp() - interval '14' day
                """));
    }

    private int change(Supplier<Integer> statement) {
        return SqlErrorTranslator.translating(() -> transactions.inTransaction(statement));
    }

    private List<MoveTask> read(String sql, Object... parameters) {
        return SqlErrorTranslator.translating(() -> jdbc.query(sql, (row, n) -> task(row), parameters));
    }

    private static MoveTask task(ResultSet row) throws SQLException {
        int rate = row.getInt(4);
        return new MoveTask(
                row.getString(1),
                row.getString(2),
                Optional.ofNullable(row.getString(3)),
                rate == 0 ? OptionalInt.empty() : OptionalInt.of(rate),
                MoveStatus.values()[row.getInt(5)],
                row.getLong(6),
                row.getLong(7),
                Optional.ofNullable(row.getString(8)),
                row.getObject(9, OffsetDateTime.class).toInstant());
    }
}
