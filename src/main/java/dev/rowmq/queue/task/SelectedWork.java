package dev.rowmq.queue.task;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.task.MessageTask;
import dev.rowmq.model.task.TaskPlan;
import dev.rowmq.model.task.TaskPlan.MessageState;
import dev.rowmq.model.task.TaskProgress;
import dev.rowmq.store.edit.MessageEdit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Walks once through the messages of one state, and changes those that its filter chooses. It leaves alone what was
 * sent, or became a dead letter, after the task began. A walk that goes on after a crash begins with the page in which
 * it was; messages that were changed before are not in that state any more.
 */
final class SelectedWork implements TaskWork {

    private static final int PAGE = 100;

    private final MessageTask task;
    private final TaskQueues queues;
    private final MessageSearch search;
    private final MessageEdits edits;
    private final Optional<Canary> canary;
    private final Deque<MessageKey> chosen = new ArrayDeque<>();
    private TaskProgress progress;
    /** Where the walk goes on once the chosen messages are changed; empty after the last page. */
    private Optional<String> following;
    private boolean walked;

    SelectedWork(MessageTask task, TaskQueues queues, MessageSearch search, MessageEdits edits) {
        this.task = task;
        this.queues = queues;
        this.search = search;
        this.edits = edits;
        this.canary = task.plan().maxDeadShare().stream().mapToObj(Canary::new).findFirst();
        this.progress = task.progress();
        this.following = progress.cursor();
    }

    @Override
    public TaskProgress progress() {
        return progress;
    }

    @Override
    public TaskStep next() {
        Queue queue = queues.of(task);
        if (canary.isPresent() && canary.get().watches(edits::stateOf)) {
            return new TaskStep(progress, false, Canary.BETWEEN_LOOKS);
        }
        if (chosen.isEmpty() && walked) {
            return new TaskStep(progress, true, Duration.ZERO);
        }
        long begin = System.nanoTime();
        if (chosen.isEmpty()) {
            choose(queue);
        }
        int done = chosen.isEmpty() ? 0 : changeSet(queue);
        // without a rate, the transactions of the edits leave time to others
        Duration pause = task.plan().messagesPerSecond().isEmpty()
                ? Duration.ZERO
                : Pace.after(task.plan(), done, Duration.ofNanos(System.nanoTime() - begin));
        return new TaskStep(progress, false, pause);
    }

    /** Reads a page. The task begins with this page again until its chosen messages are changed. */
    private void choose(Queue queue) {
        Optional<String> from = following;
        Page<MessageSearch.Candidate> page =
                search.candidates(queue, task.plan().state(), task.plan().filter(), PAGE, from);
        page.items().stream()
                .filter(candidate -> !candidate.since().isAfter(task.startedAt()))
                .filter(candidate -> candidate.matches(task.plan().filter(), task.startedAt()))
                .forEach(candidate -> chosen.add(candidate.key()));
        following = page.next();
        walked = following.isEmpty();
        progress = new TaskProgress(
                progress.done(),
                progress.looked() + page.items().size(),
                chosen.isEmpty() ? following : from);
    }

    private int changeSet(Queue queue) {
        int set = Pace.set(task.plan(), PAGE);
        int most = canary.map(limit -> Math.min(limit.set(), set)).orElse(set);
        List<MessageKey> keys = chosen.stream().limit(most).toList();
        MessageEdit.Edited edited = change(queue, keys);
        for (int i = 0; i < keys.size(); i++) {
            chosen.removeFirst();
        }
        List<MessageKey> rest = new ArrayList<>(edited.rest());
        rest.reversed().forEach(chosen::addFirst);
        canary.ifPresent(limit -> limit.redriven(edited.done()));
        progress = new TaskProgress(
                progress.done() + edited.done().size(),
                progress.looked(),
                chosen.isEmpty() ? following : progress.cursor());
        return edited.done().size();
    }

    private MessageEdit.Edited change(Queue queue, List<MessageKey> keys) {
        TaskPlan plan = task.plan();
        MessageEdit edit = switch (plan.action()) {
            case DELETE -> new MessageEdit.DeleteMessages();
            case MAKE_READY -> new MessageEdit.MakeReady();
            case REDRIVE -> new MessageEdit.PutBack();
            case MOVE, MOVE_ALL ->
                new MessageEdit.MoveTo(queues.targetOfSameKind(plan.destination().orElseThrow(), queue));
        };
        return plan.state() == MessageState.DEAD
                ? edits.editDeadLetters(queue, keys, task.startedAt(), edit)
                : edits.edit(queue, keys, Set.of(plan.state()), edit);
    }
}
