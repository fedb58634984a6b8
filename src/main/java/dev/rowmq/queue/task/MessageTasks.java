package dev.rowmq.queue.task;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.task.MessageFilter;
import dev.rowmq.model.task.MessageTask;
import dev.rowmq.model.task.TaskPlan;
import dev.rowmq.model.task.TaskPlan.MessageState;
import dev.rowmq.model.task.TaskPlan.TaskAction;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.catalog.QueueScope;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.durable.MessageQueries;
import dev.rowmq.store.cluster.TaskStore;
import dev.rowmq.store.edit.MessageEdit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

import org.springframework.stereotype.Component;

/**
 * Tasks that change many messages of a queue, and changes of single messages. A task runs in the background; after a
 * crash another instance, or this one after its restart, goes on with it. Queues in memory have none.
 */
@Component
public class MessageTasks {

    /** Time in which the end of a lease is certainly counted. */
    private static final Duration LEASES_END = Duration.ofSeconds(2);
    private static final int MAX_RATE = 10_000;

    private final TaskStore tasks;
    private final QueueDirectory directory;
    private final TaskQueues queues;
    private final MessageSearch search;
    private final MessageEdits edits;
    private final WaitingReceivers waitingReceivers;

    MessageTasks(
            TaskStore tasks,
            QueueDirectory directory,
            TaskQueues queues,
            MessageSearch search,
            MessageEdits edits,
            WaitingReceivers waitingReceivers) {
        this.tasks = tasks;
        this.directory = directory;
        this.queues = queues;
        this.search = search;
        this.edits = edits;
        this.waitingReceivers = waitingReceivers;
    }

    /**
     * Starts a task that moves all ready messages.
     *
     * @param destination       empty = each message goes to the queue from which it came
     * @param messagesPerSecond 1 or more; empty = no limit
     * @throws QueueException QUEUE_NOT_FOUND; NOT_SUPPORTED for queues in memory; QUEUE_CONFLICT while another task of
     *     the queue is active; INVALID_REDRIVE when one of the queues is a FIFO queue; FORBIDDEN for a queue outside
     *     the caller's {@link QueueScope}, and, without a destination, for any caller who has one
     */
    public MessageTask moveAll(String source, Optional<String> destination, OptionalInt messagesPerSecond) {
        Queue queue = durable(directory.get(source));
        destination.ifPresentOrElse(
                name -> destination(queue, name),
                () -> QueueScope.requireAll(
                        "the messages may go to any queue from which they came; name a destination"));
        return start(queue, new TaskPlan(
                TaskAction.MOVE_ALL, MessageState.READY, MessageFilter.ALL, destination, messagesPerSecond,
                OptionalDouble.empty()));
    }

    /**
     * Starts a task.
     *
     * @throws QueueException as {@link #moveAll}; INVALID_REQUEST or OUT_OF_RANGE for a plan that makes no sense
     */
    public MessageTask start(String name, TaskPlan plan) {
        Queue queue = durable(directory.get(name));
        return start(queue, checked(queue, plan));
    }

    /** What {@link #start(String, TaskPlan)} would change, with the same errors; takes at most about two seconds. */
    public MessageSearch.Preview preview(String name, TaskPlan plan) {
        Queue queue = durable(directory.get(name));
        return search.preview(queue, checked(queue, plan));
    }

    private MessageTask start(Queue queue, TaskPlan plan) {
        MessageTask task = tasks.start(queue, plan, total(queue, plan))
                .orElseThrow(() -> new QueueException(
                        ErrorCode.QUEUE_CONFLICT,
                        "a task of '%s' is active; cancel it, or wait until it has ended".formatted(queue.name())));
        run(task);
        return task;
    }

    private TaskPlan checked(Queue queue, TaskPlan plan) {
        require(plan.action() != TaskAction.REDRIVE || plan.state() == MessageState.DEAD, "state",
                "redrive concerns dead letters; state is to be dead");
        require(plan.action() != TaskAction.MAKE_READY || plan.state() == MessageState.DELAYED, "state",
                "make-ready concerns delayed messages; state is to be delayed");
        require(plan.maxDeadShare().isEmpty() || plan.action() == TaskAction.REDRIVE, "maxDeadShare",
                "maxDeadShare goes with the action redrive only");
        require(plan.filter().reason().isEmpty() || plan.state() == MessageState.DEAD, "filter.reason",
                "filter.reason goes with the state dead only");
        require(plan.destination().isPresent() == (plan.action() == TaskAction.MOVE), "destination",
                plan.action() == TaskAction.MOVE ? "destination is missing; name the queue to which messages are moved"
                        : "destination goes with the action move only");
        plan.maxDeadShare().ifPresent(share -> RangeCheck.within("maxDeadShare", share, 0.001, 1.0));
        plan.messagesPerSecond().ifPresent(rate -> RangeCheck.within("messagesPerSecond", rate, 1, MAX_RATE));
        plan.destination().ifPresent(name -> destination(queue, name));
        if (plan.maxDeadShare().isPresent() && queue.settings().deadLetterQueue().isPresent()) {
            throw new QueueException(
                    ErrorCode.NOT_SUPPORTED,
                    "maxDeadShare",
                    "new dead letters of '%s' go to another queue, where they are not watched; leave out maxDeadShare"
                            .formatted(queue.name()));
        }
        if (plan.action() != TaskAction.MOVE || plan.state() != MessageState.READY) {
            requireNoGroups(queue, plan.action() == TaskAction.MOVE && plan.state() == MessageState.DELAYED);
            return plan;
        }
        if (plan.filter().all()) {
            return new TaskPlan(
                    TaskAction.MOVE_ALL,
                    MessageState.READY,
                    plan.filter(),
                    plan.destination(),
                    plan.messagesPerSecond(),
                    OptionalDouble.empty());
        }
        requireNoGroups(queue, true);
        return plan;
    }

    private static void require(boolean condition, String field, String otherwise) {
        if (!condition) {
            throw new QueueException(ErrorCode.INVALID_REQUEST, field, otherwise);
        }
    }

    /** Some messages of a group cannot go to another queue while those before them stay. */
    private static void requireNoGroups(Queue queue, boolean moves) {
        if (moves && queue.settings().fifo().isPresent()) {
            throw new QueueException(
                    ErrorCode.NOT_SUPPORTED,
                    "'%s' is a FIFO queue: only all of its ready messages can be moved, in order; leave out the filter"
                            .formatted(queue.name()));
        }
    }

    private static Queue durable(Queue queue) {
        if (queue.inMemory()) {
            throw new QueueException(
                    ErrorCode.NOT_SUPPORTED,
                    "queue '%s' is in memory; tasks and changes of single messages are for durable queues"
                            .formatted(queue.name()));
        }
        return queue;
    }

    /** Messages of a standard queue may have no group, and those of a FIFO queue would lose their order. */
    private Queue destination(Queue source, String name) {
        Queue target;
        try {
            target = durable(directory.get(name));
        } catch (QueueException refusal) {
            throw new QueueException(refusal.code(), "destination", refusal.getMessage());
        }
        require(target.id() != source.id(), "destination", "destination is the queue itself; name another one");
        if (source.settings().fifo().isPresent() != target.settings().fifo().isPresent()) {
            throw new QueueException(
                    ErrorCode.INVALID_REDRIVE,
                    "only one of '%s' and '%s' is a FIFO queue; choose a destination of the same kind"
                            .formatted(source.name(), target.name()));
        }
        return target;
    }

    /**
     * The number of messages in the state of the plan. The lease of a message may have ended a moment ago, which the
     * counters show within about a second: a client that has looked at the messages of a dead letter queue often moves
     * them next. So for a queue with messages in flight only, it looks again for up to two seconds.
     */
    private long total(Queue queue, TaskPlan plan) {
        long deadline = System.nanoTime() + LEASES_END.toNanos();
        while (true) {
            QueueCounts counts = queues.storage(queue).counts(queue);
            long total = counts.get(switch (plan.state()) {
                case READY -> QueueCounter.READY;
                case DELAYED -> QueueCounter.DELAYED;
                case DEAD -> QueueCounter.DEAD;
            });
            boolean mayGrow = plan.action() == TaskAction.MOVE_ALL && counts.get(QueueCounter.IN_FLIGHT) > 0;
            if (total > 0 || !mayGrow || System.nanoTime() - deadline > 0) {
                return total;
            }
            LockSupport.parkNanos(LEASES_END.toNanos() / 20);
        }
    }

    /** The latest tasks of a queue, the last first. */
    public List<MessageTask> list(String queue, int max) {
        return tasks.listOf(directory.get(queue).name(), max);
    }

    /** The latest tasks of the queues in the caller's scope, the last first. */
    public List<MessageTask> list(int max) {
        List<MessageTask> latest = new ArrayList<>();
        int read = 0;
        List<MessageTask> page;
        do {
            page = tasks.list(max, read);
            read += page.size();
            page.stream().filter(task -> QueueScope.allows(task.queue())).forEach(latest::add);
        } while (page.size() == max && latest.size() < max);
        return latest.stream().limit(max).toList();
    }

    /** Empty also for a task of a queue outside the caller's scope. */
    public Optional<MessageTask> find(String id) {
        return tasks.find(id).filter(task -> QueueScope.allows(task.queue()));
    }

    /** Lets a task end after its present messages; returns its state, empty when there is no such running task. */
    public Optional<MessageTask> cancel(String id) {
        return find(id).isPresent() && tasks.cancel(id) ? tasks.find(id) : Optional.empty();
    }

    /** Goes on with the tasks of instances that are gone; returns their number. */
    public int resume() {
        List<MessageTask> orphans = tasks.adopt();
        orphans.forEach(this::run);
        return orphans.size();
    }

    private void run(MessageTask task) {
        TaskWork work = task.plan().action() == TaskAction.MOVE_ALL
                ? new MoveAllWork(task, queues, directory, waitingReceivers)
                : new SelectedWork(task, queues, search, edits);
        Thread.ofVirtual().name("rowmq-task").start(new TaskRun(task, work, tasks, waitingReceivers)::run);
    }

    /** @throws QueueException MESSAGE_NOT_FOUND; QUEUE_CONFLICT for a message in flight; NOT_SUPPORTED */
    public void delete(String name, String id) {
        editOne(name, id, new MessageEdit.DeleteMessages());
    }

    /** Makes a delayed message ready now; one that is ready stays so. Errors are those of {@link #delete}. */
    public void makeReady(String name, String id) {
        editOne(name, id, new MessageEdit.MakeReady());
    }

    /** Errors are those of {@link #delete}, and those of a task's destination. */
    public void move(String name, String id, String destination) {
        Queue source = durable(directory.get(name));
        requireNoGroups(source, true);
        destination(source, destination);
        editOne(name, id, new MessageEdit.MoveTo(queues.target(destination, name)));
    }

    private void editOne(String name, String id, MessageEdit edit) {
        Queue queue = durable(directory.get(name));
        MessageView message = queues.storage(queue).message(queue, id)
                .orElseThrow(() -> MessageQueries.notFound(queue, id, "message"));
        if (message.state() == MessageView.State.IN_FLIGHT) {
            throw new QueueException(
                    ErrorCode.QUEUE_CONFLICT,
                    "the message is leased until %s; it can be changed when its lease has ended"
                            .formatted(message.visibleAt()));
        }
        if (edit instanceof MessageEdit.MakeReady && message.state() == MessageView.State.READY) {
            return;
        }
        Set<MessageState> among = edit instanceof MessageEdit.MakeReady
                ? Set.of(MessageState.DELAYED)
                : Set.of(MessageState.READY, MessageState.DELAYED);
        if (edits.edit(queue, List.of(message.key()), among, edit).done().isEmpty()) {
            throw new QueueException(
                    ErrorCode.QUEUE_CONFLICT,
                    "the message was received or changed at this moment; look at it again");
        }
    }
}
