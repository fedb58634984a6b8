package dev.rowmq.queue.task;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.edit.MessageEdit;
import dev.rowmq.store.edit.MessageEditor;

import java.util.ArrayList;
import java.util.List;

import org.springframework.stereotype.Component;

/** Changes messages in whichever partition they are, and wakes the receivers who get them now. */
@Component
class MessageEdits {

    private final Partitions partitions;
    private final MessageEditor editor;
    private final WaitingReceivers waitingReceivers;

    MessageEdits(Partitions partitions, MessageEditor editor, WaitingReceivers waitingReceivers) {
        this.partitions = partitions;
        this.editor = editor;
        this.waitingReceivers = waitingReceivers;
    }

    /**
     * Changes the messages with these ids. Those in {@code rest} are to be named again; without such a rest, all that
     * are not done are gone or in flight.
     *
     * @param ids 1 to 1000
     */
    MessageEditor.Edited edit(Queue queue, List<String> ids, MessageEdit edit) {
        List<String> done = new ArrayList<>();
        List<String> left = new ArrayList<>(ids);
        boolean filled = false;
        for (int n = 0; n < partitions.count() && !left.isEmpty() && !filled; n++) {
            MessageEditor.Edited one = partitions.in(n, () -> editor.edit(queue.id(), left, edit));
            done.addAll(one.done());
            left.removeAll(one.done());
            filled = !one.rest().isEmpty();
        }
        if (!done.isEmpty()) {
            wake(queue, done.size(), edit);
        }
        return new MessageEditor.Edited(done, filled ? left : List.of());
    }

    private void wake(Queue queue, int messages, MessageEdit edit) {
        switch (edit) {
            case MessageEdit.MakeReady ready -> waitingReceivers.arrived(queue.id(), messages, true);
            case MessageEdit.MoveTo move -> waitingReceivers.arrived(move.target().queueId(), messages, false);
            case MessageEdit.MoveDeadLetters move ->
                waitingReceivers.arrived(move.target().queueId(), messages, false);
            default -> {
                // nobody gets a deleted message
            }
        }
    }
}
