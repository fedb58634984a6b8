package dev.rowmq.queue.stream;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * {@code rowmq.stream.*}.
 *
 * @param subscribers maximum subscribers on this instance, 0 to 10,000; default 100, 0 = streams are refused
 * @param buffer      messages buffered for a slow subscriber before it loses some, 1 to 100,000; default 1000
 * @param bufferSize  maximum bytes buffered, 64KB to 1GB; default 4MB. A single message may be larger
 * @param heartbeat   time without a message after which a line is sent nevertheless, 1s to 5m; default 15s
 */
@ConfigurationProperties("rowmq.stream")
public record StreamProperties(
        @DefaultValue("100") int subscribers,
        @DefaultValue("1000") int buffer,
        @DefaultValue("4MB") DataSize bufferSize,
        @DefaultValue("15s") Duration heartbeat) {

    public StreamProperties {
        check("subscribers", subscribers, 0, 10_000, "0 to 10000");
        check("buffer", buffer, 1, 100_000, "1 to 100000");
        check("buffer-size", bufferSize.toBytes(), 64 * 1024, 1024 * 1024 * 1024, "64KB to 1GB");
        check("heartbeat", heartbeat.toMillis(), 1000, 300_000, "1s to 5m");
    }

    private static void check(String name, long value, long min, long max, String allowed) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("rowmq.stream." + name + " is " + value + "; allowed is " + allowed);
        }
    }
}
