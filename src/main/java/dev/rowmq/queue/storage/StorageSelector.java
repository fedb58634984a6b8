package dev.rowmq.queue.storage;

import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.Storage;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.springframework.stereotype.Component;

/** Selects the contents of a queue by its {@link Storage}. */
@Component
public class StorageSelector {

    private final Map<Storage, QueueStorage> contents = new EnumMap<>(Storage.class);

    StorageSelector(List<QueueStorage> all) {
        all.forEach(each -> contents.put(each.storage(), each));
    }

    public QueueStorage contents(Queue queue) {
        return contents.get(queue.settings().storage());
    }
}
