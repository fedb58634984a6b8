package dev.rowmq.queue.maintenance;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.queue.catalog.DeadLetterRouting;
import dev.rowmq.queue.catalog.QueueAdmin;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.durable.DutyCycle;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.memory.InMemoryMessageStore;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.springframework.stereotype.Component;

/** Ends leases and delays, and applies changed settings, in the queues in this instance's memory. */
@Component
public class MemoryUpkeep {

    private static final long SETTINGS_INTERVAL_NANOS = 2_000_000_000;

    private final InMemoryMessageStore memory;
    private final QueueAdmin queues;
    private final Partitions partitions;
    private final DeadLetterRouting deadLetterRouting;
    private final WaitingReceivers waitingReceivers;
    private final DutyCycle settings = new DutyCycle(SETTINGS_INTERVAL_NANOS);

    MemoryUpkeep(
            InMemoryMessageStore memory,
            QueueAdmin queues,
            Partitions partitions,
            DeadLetterRouting deadLetterRouting,
            WaitingReceivers waitingReceivers) {
        this.memory = memory;
        this.queues = queues;
        this.partitions = partitions;
        this.deadLetterRouting = deadLetterRouting;
        this.waitingReceivers = waitingReceivers;
    }

    /** Whether this instance holds a queue in its memory. */
    public boolean isNeeded() {
        return !memory.queueIds().isEmpty();
    }

    /** Ends leases and delays that are over; every two seconds also applies changed settings. */
    public void tick() {
        Set<Integer> ids = memory.queueIds();
        if (ids.isEmpty()) {
            return;
        }
        memory.tick().forEach(ticked -> waitingReceivers.arrived(ticked.queueId(), ticked.ready(), true));
        if (settings.due()) {
            settings.ran(0);
            memory.cleanUp();
            applySettings(ids);
        }
    }

    private void applySettings(Set<Integer> ids) {
        List<Queue> live = partitions.in(0, queues::all);
        live.stream()
                .filter(queue -> queue.inMemory() && ids.contains(queue.id()))
                .forEach(queue -> memory.follow(queue, deadLetterRouting.of(queue)));
        Set<Integer> liveIds = live.stream().map(Queue::id).collect(Collectors.toSet());
        ids.stream().filter(id -> !liveIds.contains(id)).forEach(memory::drop);
    }
}
