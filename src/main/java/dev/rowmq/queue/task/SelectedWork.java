package dev.rowmq.queue.task;

import dev.rowmq.model.Page;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.task.MessageTask;
import dev.rowmq.model.task.TaskPlan;
import dev.rowmq.model.task.TaskProgress;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.store.edit.MessageEdit;
import dev.rowmq.store.edit.MessageEditor;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Walks once through the messages that were there when the task began, and changes those that its filter chooses. A
 * walk that goes on after a crash begins with the page in which it was; messages that were changed before are not in
 * that state any more. A message that came back into that state since the beginning is left alone.
 */
final class SelectedWork implements TaskWork {

    private static final int PAGE = 100;

    private final MessageTask task;
    private final TaskQueues queues;
    private final MessageSearch search;
    private final MessageEdits edits;
    private final WaitingReceivers waitingReceivers;
    private final Optional<Canary> canary;
    private final Deque<String> chosen = new ArrayDeque<>();
    private TaskProgress progress;
    /** Where the walk goes on once the chosen messages are changed; empty after the last page. */
    private Optional<String> following;
    private boolean walked;

    SelectedWork(
            MessageTask task,
            TaskQueues queues,
            MessageSearch search,
            MessageEdits edits,
            WaitingReceivers waitingReceivers) {
        this.task = task;
        this.queues = queues;
        this.search = search;
        this.edits = edits;
        this.waitingReceivers = waitingReceivers;
        this.canary = task.plan().maxDeadShare().stream().mapToObj(Canary::new).findFirst();
        this.progress = task.progress();
        this.following = progress.cursor();
        List<String> ids = task.plan().filter().ids();
        if (!ids.isEmpty()) {
            chosen.addAll(ids);
            walked = true;
            following = Optional.empty();
            progress = new TaskProgress(progress.done(), ids.size(), Optional.empty());
        }
    }

    @Override
    public TaskProgress progress() {
        return progress;
    }

    @Override
    public TaskStep next() {
        Queue queue = queues.of(task);
        if (canary.isPresent() && canary.get().watches(id -> fate(queue, id))) {
            return new TaskStep(progress, false, Canary.BETWEEN_LOOKS);
        }
        long begin = System.nanoTime();
        if (chosen.isEmpty()) {
            if (walked) {
                return new TaskStep(progress, true, Duration.ZERO);
            }
            choose(queue);
            if (chosen.isEmpty()) {
                return new TaskStep(progress, walked, Duration.ofNanos(System.nanoTime() - begin));
            }
        }
        int done = changeSet(queue);
        return new TaskStep(
                progress, false, Pace.after(task.plan(), done, Duration.ofNanos(System.nanoTime() - begin)));
    }

    /** Reads a page. The task begins with this page again until its chosen messages are changed. */
    private void choose(Queue queue) {
        Optional<String> from = following;
        Page<MessageSearch.Candidate> page =
                search.candidates(queue, task.plan().state(), PAGE, from);
        page.items().stream()
                .filter(candidate -> !candidate.since().isAfter(task.startedAt()))
                .filter(candidate -> candidate.matches(task.plan().filter(), task.startedAt()))
                .forEach(candidate -> chosen.add(candidate.id()));
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
        List<String> ids = chosen.stream().limit(most).toList();
        MessageEditor.Edited edited = change(queue, ids);
        for (int i = 0; i < ids.size(); i++) {
            chosen.removeFirst();
        }
        List<String> rest = new ArrayList<>(edited.rest());
        rest.reversed().forEach(chosen::addFirst);
        canary.ifPresent(limit -> limit.redriven(edited.done()));
        progress = new TaskProgress(
                progress.done() + edited.done().size(),
                progress.looked(),
                chosen.isEmpty() ? following : progress.cursor());
        return edited.done().size();
    }

    private MessageEditor.Edited change(Queue queue, List<String> ids) {
        TaskPlan plan = task.plan();
        boolean dead = plan.state() == TaskPlan.MessageState.DEAD;
        return switch (plan.action()) {
            case DELETE -> edits.edit(
                    queue, ids, dead ? new MessageEdit.DeleteDeadLetters() : new MessageEdit.DeleteMessages());
            case MAKE_READY -> edits.edit(queue, ids, new MessageEdit.MakeReady());
            case MOVE, MOVE_ALL -> {
                var target = queues.target(plan.destination().orElseThrow(), task.queue());
                yield edits.edit(
                        queue, ids, dead ? new MessageEdit.MoveDeadLetters(target) : new MessageEdit.MoveTo(target));
            }
            case REDRIVE -> new MessageEditor.Edited(redrive(queue, ids), List.of());
        };
    }

    private List<String> redrive(Queue queue, List<String> ids) {
        QueueStorage storage = queues.storage(queue);
        // one that the task redrove before a crash may be a dead letter again
        List<String> present = ids.stream()
                .filter(id -> storage.deadLetter(queue, id)
                        .filter(letter -> !letter.deadAt().isAfter(task.startedAt()))
                        .isPresent())
                .toList();
        List<String> redriven = present.isEmpty() ? List.of() : storage.redrive(queue, present);
        if (!redriven.isEmpty()) {
            waitingReceivers.arrived(queue.id(), redriven.size(), true);
        }
        return redriven;
    }

    /** What became of a redriven message. */
    private Canary.Fate fate(Queue queue, String id) {
        QueueStorage storage = queues.storage(queue);
        boolean deadHere = storage.deadLetter(queue, id)
                .filter(letter -> letter.deadAt().isAfter(task.startedAt()))
                .isPresent();
        boolean deadElsewhere = queue.settings()
                .deadLetterQueue()
                .flatMap(queues::find)
                .flatMap(other -> queues.storage(other).message(other, id))
                .filter(message -> message.enqueuedAt().isAfter(task.startedAt()))
                .isPresent();
        if (deadHere || deadElsewhere) {
            return Canary.Fate.DEAD;
        }
        return storage.message(queue, id).isPresent() ? Canary.Fate.WAITS : Canary.Fate.SETTLED;
    }
}
