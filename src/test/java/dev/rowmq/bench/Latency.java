package dev.rowmq.bench;

import dev.rowmq.support.Conversation;
import dev.rowmq.support.LoadClient;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import org.HdrHistogram.Histogram;

/**
 * Time from a send to the delivery to a waiting receiver, at 200 messages/s, in units of an HTTP round trip at the same
 * rate.
 */
final class Latency {

    private static final long PAUSE_NANOS = 1_000_000_000 / 200;
    private static final int RECEIVERS = 8;

    private Latency() {}

    /** Limits a conversation to 200 requests per second. */
    private static Conversation paced(Conversation conversation, Runnable atSend) {
        return new Conversation() {
            private long due = System.nanoTime();

            @Override
            public ByteBuffer next() {
                long now = System.nanoTime();
                if (now < due) {
                    return null;
                }
                due = Math.max(due + PAUSE_NANOS, now - PAUSE_NANOS);
                atSend.run();
                return conversation.next();
            }

            @Override
            public int answered(int status, byte[] bytes, int from, int to) {
                return conversation.answered(status, bytes, from, to);
            }
        };
    }

    static Report.Finding measure(Service service, Duration time, Duration warmUp) {
        service.queue("latency");
        paced(service, Conversations.empty(), warmUp);
        deliveries(service, warmUp);
        deliveries(service, warmUp);
        double unit = paced(service, Conversations.empty(), time).getValueAtPercentile(50);
        return new Report.Finding(
                "g",
                "delivery to a waiting receiver, 200 messages/s, in HTTP round trips (%.2f ms)".formatted(unit / 1000),
                text(deliveries(service, time), unit) + "; a durable send alone "
                        + text(paced(service, Conversations.send("send"), time), unit),
                "median at most 2, 99 % at most 5");
    }

    private static Histogram paced(Service service, Conversation conversation, Duration time) {
        return LoadClient.run(service.port(), List.of(paced(conversation, () -> {})), time).latency();
    }

    private static String text(Histogram latency, double unit) {
        double median = latency.getValueAtPercentile(50);
        double most = latency.getValueAtPercentile(99);
        return "median %.1f (%.2f ms), 99 %% %.1f (%.2f ms)"
                .formatted(median / unit, median / 1000, most / unit, most / 1000);
    }

    private static Histogram deliveries(Service service, Duration time) {
        Histogram latency = new Histogram(120_000_000L, 3);
        Deque<Long> sentAt = new ArrayDeque<>();
        List<Conversation> all = new ArrayList<>();
        all.add(paced(Conversations.send("latency"), () -> sentAt.add(System.nanoTime())));
        for (int i = 0; i < RECEIVERS; i++) {
            all.add(new Receiver(latency, sentAt));
        }
        LoadClient.run(service.port(), all, time);
        return latency;
    }

    /** Receives one message, records its age, and acks it. Messages arrive in the order of sending. */
    private static final class Receiver implements Conversation {

        private final Conversations.Consume consume =
                new Conversations.Consume(List.of("latency"), 1, new Conversations.Balance(0), true);
        private final Histogram latency;
        private final Deque<Long> sentAt;
        private boolean acking;

        Receiver(Histogram latency, Deque<Long> sentAt) {
            this.latency = latency;
            this.sentAt = sentAt;
        }

        @Override
        public ByteBuffer next() {
            return consume.next();
        }

        @Override
        public int answered(int status, byte[] bytes, int from, int to) {
            long now = System.nanoTime();
            boolean message = !acking && Conversations.find(Conversations.RECEIPT, bytes, from, to) >= 0;
            // messages left over from an earlier round have no send time in this one
            if (message && !sentAt.isEmpty()) {
                latency.recordValue((now - sentAt.remove()) / 1000);
            }
            acking = message;
            return consume.answered(status, bytes, from, to);
        }
    }
}
