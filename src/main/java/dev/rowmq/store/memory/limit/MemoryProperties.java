package dev.rowmq.store.memory.limit;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * {@code rowmq.memory.*}: queues with {@code storage: memory}.
 *
 * @param messages maximum messages of such a queue when it has no {@code maxMessages}, 1 to 10,000,000; default 100000
 * @param size     maximum size of all of them on this instance together, 1MB to 1TB; default 64MB. Beyond either limit
 *     a send is refused with QUEUE_FULL
 */
@ConfigurationProperties("rowmq.memory")
public record MemoryProperties(@DefaultValue("100000") int messages, @DefaultValue("64MB") DataSize size) {

    public MemoryProperties {
        if (messages < 1 || messages > 10_000_000) {
            throw new IllegalArgumentException("rowmq.memory.messages is " + messages + "; allowed is 1 to 10000000");
        }
        if (size.toMegabytes() < 1 || size.toTerabytes() > 1) {
            throw new IllegalArgumentException("rowmq.memory.size is " + size + "; allowed is 1MB to 1TB");
        }
    }
}
