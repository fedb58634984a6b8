package dev.rowmq.queue.storage;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.Storage;

import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.springframework.stereotype.Component;

/** Selects the implementation of a queue's {@link Storage}. */
@Component
public class StorageSelector {

    private final Map<Storage, QueueStorage> storages = new EnumMap<>(Storage.class);

    StorageSelector(List<QueueStorage> all) {
        all.forEach(each -> storages.put(each.storage(), each));
    }

    public QueueStorage of(Queue queue) {
        return storages.get(queue.settings().storage());
    }

    /** All storages, the durable one first. */
    public Collection<QueueStorage> all() {
        return storages.values();
    }
}
