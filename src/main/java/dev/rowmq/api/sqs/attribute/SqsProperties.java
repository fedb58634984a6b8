package dev.rowmq.api.sqs.attribute;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.sqs.*}.
 *
 * @param enabled whether clients of Amazon SQS are served; default true
 * @param limits  strict (the default): the limits of Amazon SQS; relaxed: the wider limits of RowMQ for delays, waits,
 *                retentions, batches and message sizes, and attributes of a trace (traceparent, tracestate, baggage)
 *                are not counted
 * @param region  the region in ARNs, 1 to 40 of a-z 0-9 -; default us-east-1
 * @param account the account in ARNs and queue URLs, 12 digits; default 000000000000
 */
@ConfigurationProperties("rowmq.sqs")
public record SqsProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("strict") SqsLimits limits,
        @DefaultValue("us-east-1") String region,
        @DefaultValue("000000000000") String account) {

    public SqsProperties {
        if (!region.matches("[a-z0-9-]{1,40}")) {
            throw new IllegalArgumentException(
                    "rowmq.sqs.region is '%s'; allowed are 1 to 40 of a-z 0-9 -".formatted(region));
        }
        if (!account.matches("[0-9]{12}")) {
            throw new IllegalArgumentException(
                    "rowmq.sqs.account is '%s'; allowed are 12 digits".formatted(account));
        }
    }

    /** The greatest values that clients may set. */
    public enum SqsLimits {
        STRICT(10, Duration.ofMinutes(15), Duration.ofSeconds(20), Duration.ofDays(14), 1024 * 1024),
        RELAXED(1000, Duration.ofDays(365), Duration.ofSeconds(60), Duration.ofDays(365), 10 * 1024 * 1024);

        private final int batch;
        private final Duration delay;
        private final Duration wait;
        private final Duration retention;
        private final int messageBytes;

        SqsLimits(int batch, Duration delay, Duration wait, Duration retention, int messageBytes) {
            this.batch = batch;
            this.delay = delay;
            this.wait = wait;
            this.retention = retention;
            this.messageBytes = messageBytes;
        }

        /** Messages or receipts of one call. */
        public int batch() {
            return batch;
        }

        public int delaySeconds() {
            return (int) delay.toSeconds();
        }

        public int waitSeconds() {
            return (int) wait.toSeconds();
        }

        public int retentionSeconds() {
            return (int) retention.toSeconds();
        }

        /** Bytes of one message, and of all messages of a batch. */
        public int messageBytes() {
            return messageBytes;
        }
    }
}
