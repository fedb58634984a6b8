package dev.rowmq.queue;

import dev.rowmq.message.Queue;
import dev.rowmq.message.Storage;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.springframework.stereotype.Component;

/** Selects the contents of a queue by its {@link Storage}. */
@Component
class WhereKept {

    private final Map<Storage, Contents> contents = new EnumMap<>(Storage.class);

    WhereKept(List<Contents> all) {
        all.forEach(each -> contents.put(each.storage(), each));
    }

    Contents contents(Queue queue) {
        return contents.get(queue.settings().storage());
    }
}
