package dev.rowmq.store.cluster;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.task.MessageFilter;
import dev.rowmq.model.task.MessageTask;
import dev.rowmq.model.task.TaskPlan;
import dev.rowmq.model.task.TaskProgress;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Supplier;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

import tools.jackson.databind.json.JsonMapper;

/** The tasks that change many messages, in the first partition. Each run of a task shows that it is alive. */
@Component
public class TaskStore {

    private static final String SELECT = """
        select id, source, source_id, runner, action, state, filter, destination, messages_per_second, max_dead_share,
            status, done, looked, resume_after, total, failure, started_at
        from message_task
        """;
    /** Tasks of one queue that are kept. */
    private static final int MAX_TASKS = 10;

    /** A task whose run has not shown itself for this long is run again. */
    private static final String ORPHANED = """
        active_source is not null and alive_at < clock_timestamp() - interval '30' second\
        """;

    private static final String OWN = "id = ? and runner = ? and active_source is not null";

    private static final int MAX_FAILURE = 1000;

    private static final JsonMapper JSON = new JsonMapper();

    private final JdbcTemplate jdbc;
    private final Transactions transactions;
    TaskStore(JdbcTemplate jdbc, Transactions transactions) {
        this.jdbc = jdbc;
        this.transactions = transactions;
    }

    /**
     * Starts a task.
     *
     * @param total messages in the state of the plan
     * @return empty while another task of the queue is active
     */
    public Optional<MessageTask> start(Queue queue, TaskPlan plan, long total) {
        String id = UUID.randomUUID().toString();
        try {
            change(() -> {
                removeOld(queue.name());
                return jdbc.update(
                        """
                        insert into message_task (id, source, source_id, active_source, action, state, filter,
                            destination, messages_per_second, max_dead_share, status, done, total, started_at, runner,
                            alive_at)
                        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, clock_timestamp(), ?, clock_timestamp())
                        """,
                        id,
                        queue.name(),
                        queue.id(),
                        queue.name(),
                        plan.action().ordinal(),
                        plan.state().ordinal(),
                        plan.filter().all() ? null : JSON.writeValueAsString(plan.filter()),
                        plan.destination().orElse(null),
                        plan.messagesPerSecond().orElse(0),
                        plan.maxDeadShare().isPresent() ? plan.maxDeadShare().getAsDouble() : null,
                        MessageTask.TaskStatus.RUNNING.ordinal(),
                        total,
                        id);
            });
        } catch (DuplicateKeyException another) {
            return Optional.empty();
        }
        return find(id);
    }

    private void removeOld(String queue) {
        jdbc.update(
                """
                delete from message_task
                where source = ? and active_source is null and started_at < (
                    select min(started_at)
                    from (select started_at from message_task where source = ? order by started_at desc limit ?) l)
                """,
                queue,
                queue,
                MAX_TASKS - 1);
    }

    public Optional<MessageTask> find(String id) {
        return read(SELECT + "where id = ?", id).stream().findFirst();
    }

    /** The latest tasks of a queue, the last first. */
    public List<MessageTask> listOf(String queue, int max) {
        return read(SELECT + "where source = ? order by started_at desc, id limit ?", queue, max);
    }

    /** The latest tasks of all queues after the first {@code skipped}, the last first. */
    public List<MessageTask> list(int max, int skipped) {
        return read(SELECT + "order by started_at desc, id limit ? offset ?", max, skipped);
    }

    /** Lets a running task end; returns whether it was running. */
    public boolean cancel(String id) {
        return change(() -> jdbc.update(
                        "update message_task set status = ? where id = ? and status = ?",
                        MessageTask.TaskStatus.CANCELLING.ordinal(),
                        id,
                        MessageTask.TaskStatus.RUNNING.ordinal()))
                > 0;
    }

    /** Records the progress of a run; returns the state of the task, empty when this run is no longer its own. */
    public Optional<MessageTask> progress(MessageTask run, TaskProgress progress) {
        int own = change(() -> jdbc.update(
                "update message_task set done = ?, looked = ?, resume_after = ?, alive_at = clock_timestamp() where "
                        + OWN,
                progress.done(),
                progress.looked(),
                progress.cursor().orElse(null),
                run.id(),
                run.runner()));
        return own == 0 ? Optional.empty() : find(run.id());
    }

    /** Ends a task, unless another run has replaced this one. */
    public void end(MessageTask run, MessageTask.TaskStatus status, TaskProgress progress, Optional<String> failure) {
        change(() -> jdbc.update(
                "update message_task set status = ?, done = ?, looked = ?, failure = ?, active_source = null where "
                        + OWN,
                status.ordinal(),
                progress.done(),
                progress.looked(),
                failure.map(text -> text.substring(0, Math.min(text.length(), MAX_FAILURE))).orElse(null),
                run.id(),
                run.runner()));
    }

    /** Makes the tasks of runs that are gone the caller's, which must run them. */
    public List<MessageTask> adopt() {
        return read(SELECT + "where " + ORPHANED).stream()
                .filter(task -> change(() -> jdbc.update(
                                "update message_task set runner = ?, alive_at = clock_timestamp() where id = ? and "
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

    private List<MessageTask> read(String sql, Object... parameters) {
        return SqlErrorTranslator.translating(() -> jdbc.query(sql, (row, n) -> task(row), parameters));
    }

    private MessageTask task(ResultSet row) throws SQLException {
        return new MessageTask(
                row.getString("id"),
                row.getString("source"),
                row.getInt("source_id"),
                row.getString("runner"),
                plan(row),
                MessageTask.TaskStatus.values()[row.getInt("status")],
                new TaskProgress(
                        row.getLong("done"),
                        row.getLong("looked"),
                        Optional.ofNullable(row.getString("resume_after"))),
                row.getLong("total"),
                Optional.ofNullable(row.getString("failure")),
                row.getObject("started_at", OffsetDateTime.class).toInstant());
    }

    private TaskPlan plan(ResultSet row) throws SQLException {
        String filter = row.getString("filter");
        int rate = row.getInt("messages_per_second");
        double share = row.getDouble("max_dead_share");
        boolean unwatched = row.wasNull();
        return new TaskPlan(
                TaskPlan.TaskAction.values()[row.getInt("action")],
                TaskPlan.MessageState.values()[row.getInt("state")],
                filter == null ? MessageFilter.ALL : JSON.readValue(filter, MessageFilter.class),
                Optional.ofNullable(row.getString("destination")),
                rate == 0 ? OptionalInt.empty() : OptionalInt.of(rate),
                unwatched ? OptionalDouble.empty() : OptionalDouble.of(share));
    }
}
