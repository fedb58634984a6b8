package dev.rowmq.store.cluster;

import dev.rowmq.model.queue.MoveTask;
import dev.rowmq.model.queue.MoveTask.MoveStatus;
import dev.rowmq.model.queue.Queue;
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

/** The tasks that move messages, in the first partition. Each run of a task shows that it is alive. */
@Component
public class MoveTaskStore {

    private static final String COLUMNS = "id, source, source_id, runner, destination, messages_per_second, status,"
            + " moved, to_move, failure, started_at";
    /** Tasks of one source that are kept. */
    private static final int MAX_TASKS = 10;

    /** A task whose run has not shown itself for this long is run again. */
    private static final String ORPHANED = """
        active_source is not null and alive_at < clock_timestamp() - interval '30' second\
        """;

    private static final String OWN = "id = ? and runner = ? and active_source is not null";

    private static final int MAX_FAILURE = 1000;

    private final JdbcTemplate jdbc;
    private final Transactions transactions;

    MoveTaskStore(JdbcTemplate jdbc, Transactions transactions) {
        this.jdbc = jdbc;
        this.transactions = transactions;
    }

    /** @return empty while another task of the source is active */
    public Optional<MoveTask> start(
            Queue source, Optional<String> destination, OptionalInt messagesPerSecond, long toMove) {
        String id = UUID.randomUUID().toString();
        try {
            change(() -> {
                jdbc.update(
                        """
                        delete from move_task
                        where source = ? and active_source is null and started_at < (
                            select min(started_at)
                            from (select started_at from move_task where source = ? order by started_at desc limit ?) l)
                        """,
                        source.name(),
                        source.name(),
                        MAX_TASKS - 1);
                return jdbc.update(
                        """
                        insert into move_task (id, source, source_id, active_source, destination, messages_per_second,
                            status, moved, to_move, started_at, runner, alive_at)
                        values (?, ?, ?, ?, ?, ?, ?, 0, ?, clock_timestamp(), ?, clock_timestamp())
                        """,
                        id,
                        source.name(),
                        source.id(),
                        source.name(),
                        destination.orElse(null),
                        messagesPerSecond.orElse(0),
                        MoveStatus.RUNNING.ordinal(),
                        toMove,
                        id);
            });
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

    /** Records the progress of a run; returns the state of the task, empty when this run is no longer its own. */
    public Optional<MoveTask> progress(MoveTask run, long moved) {
        int own = change(() -> jdbc.update(
                "update move_task set moved = ?, alive_at = clock_timestamp() where " + OWN,
                moved,
                run.id(),
                run.runner()));
        return own == 0 ? Optional.empty() : find(run.id());
    }

    /** Ends a task, unless another run has replaced this one. */
    public void end(MoveTask run, MoveStatus status, long moved, Optional<String> failure) {
        change(() -> jdbc.update(
                "update move_task set status = ?, moved = ?, failure = ?, active_source = null where " + OWN,
                status.ordinal(),
                moved,
                failure.map(text -> text.substring(0, Math.min(text.length(), MAX_FAILURE))).orElse(null),
                run.id(),
                run.runner()));
    }

    /** Makes the tasks of runs that are gone the caller's, which must run them. */
    public List<MoveTask> adopt() {
        return read("select " + COLUMNS + " from move_task where " + ORPHANED).stream()
                .filter(task -> change(() -> jdbc.update(
                                "update move_task set runner = ?, alive_at = clock_timestamp() where id = ? and "
                                        + ORPHANED,
                                UUID.randomUUID().toString(),
                                task.id()))
                        > 0)
                .flatMap(task -> find(task.id()).stream())
                .toList();
    }

    private int change(Supplier<Integer> statement) {
        return SqlErrorTranslator.translating(() -> transactions.inTransaction(statement));
    }

    private List<MoveTask> read(String sql, Object... parameters) {
        return SqlErrorTranslator.translating(() -> jdbc.query(sql, (row, n) -> task(row), parameters));
    }

    private static MoveTask task(ResultSet row) throws SQLException {
        int rate = row.getInt(6);
        return new MoveTask(
                row.getString(1),
                row.getString(2),
                row.getInt(3),
                row.getString(4),
                Optional.ofNullable(row.getString(5)),
                rate == 0 ? OptionalInt.empty() : OptionalInt.of(rate),
                MoveStatus.values()[row.getInt(7)],
                row.getLong(8),
                row.getLong(9),
                Optional.ofNullable(row.getString(10)),
                row.getObject(11, OffsetDateTime.class).toInstant());
    }
}
