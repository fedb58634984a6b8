package dev.rowmq.queue.task;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.task.TaskPlan.MessageState;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.store.Position;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.edit.DeadLetterEditor;
import dev.rowmq.store.edit.MessageEdit;
import dev.rowmq.store.edit.MessageEditor;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.springframework.stereotype.Component;

/** Changes messages in the partitions in which they are, and wakes the receivers who get them now. */
@Component
class MessageEdits {

    private final Partitions partitions;
    private final MessageEditor messages;
    private final DeadLetterEditor deadLetters;
    private final WaitingReceivers waitingReceivers;

    MessageEdits(
            Partitions partitions,
            MessageEditor messages,
            DeadLetterEditor deadLetters,
            WaitingReceivers waitingReceivers) {
        this.partitions = partitions;
        this.messages = messages;
        this.deadLetters = deadLetters;
        this.waitingReceivers = waitingReceivers;
    }

    /**
     * Changes ready or delayed messages. Those in {@code rest} are to be named again; of the others, those that are not
     * done are gone, in flight, or in another state.
     *
     * @param keys 1 to 1000, each once
     * @throws QueueException when nothing was changed
     */
    MessageEdit.Edited edit(Queue queue, List<MessageKey> keys, Set<MessageState> among, MessageEdit edit) {
        return inEachPartition(queue, keys, edit, some -> messages.edit(some, among, edit));
    }

    /**
     * As {@link #edit}, for dead letters.
     *
     * @param before dead letters since this time are left alone
     */
    MessageEdit.Edited editDeadLetters(Queue queue, List<MessageKey> keys, Instant before, MessageEdit edit) {
        return inEachPartition(queue, keys, edit, some -> deadLetters.edit(queue, some, before, edit));
    }

    /** What became of a dead letter that was put back. */
    DeadLetterEditor.PutBackState stateOf(MessageKey key) {
        return partitions.in(Position.partition(key.position()), () -> deadLetters.stateOf(key));
    }

    private MessageEdit.Edited inEachPartition(
            Queue queue, List<MessageKey> keys, MessageEdit edit, Function<List<MessageKey>, MessageEdit.Edited> work) {
        Map<Integer, List<MessageKey>> byPartition = keys.stream()
                .collect(Collectors.groupingBy(
                        key -> Position.partition(key.position()), TreeMap::new, Collectors.toList()));
        List<MessageKey> done = new ArrayList<>();
        List<MessageKey> rest = new ArrayList<>();
        QueueException failure = null;
        for (Map.Entry<Integer, List<MessageKey>> some : byPartition.entrySet()) {
            try {
                MessageEdit.Edited one = partitions.in(some.getKey(), () -> work.apply(some.getValue()));
                done.addAll(one.done());
                rest.addAll(one.rest());
            } catch (QueueException partitionDown) {
                failure = partitionDown;
                rest.addAll(some.getValue());
            }
        }
        if (!done.isEmpty()) {
            wake(queue, done.size(), edit);
        } else if (failure != null) {
            throw failure;
        }
        return new MessageEdit.Edited(done, rest);
    }

    private void wake(Queue queue, int number, MessageEdit edit) {
        switch (edit) {
            case MessageEdit.MakeReady now -> waitingReceivers.arrived(queue.id(), number, true);
            case MessageEdit.PutBack back -> waitingReceivers.arrived(queue.id(), number, true);
            case MessageEdit.MoveTo move -> waitingReceivers.arrived(move.target().queueId(), number, false);
            case MessageEdit.DeleteMessages removed -> {
                // deleted messages are for no receiver
            }
        }
    }
}
