package dev.rowmq.bench;

import dev.rowmq.support.Conversation;
import dev.rowmq.support.LoadClient;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/** 1000 messages of 1 MB, received by eight concurrent receivers, from a service with 512 MB of heap. */
final class Memory {

    private static final int MESSAGES = 1000;
    private static final String BODY = "m".repeat(1024 * 1024 - 1024);

    private Memory() {}

    static Report.Finding measure(Service service) {
        service.queue("large");
        ByteBuffer send = Conversations.post("/v1/queues/large/messages", "{\"body\":\"" + BODY + "\"}");
        int[] sent = {0};
        LoadClient.run(
                service.port(),
                Conversations.times(4, () -> upTo(MESSAGES, sent, new Conversations.Same(send, 201, 1))),
                Duration.ofSeconds(20));
        Conversations.Balance balance = new Conversations.Balance(0);
        long[] largest = {0};
        var measured = LoadClient.run(
                service.port(),
                Conversations.times(8, () -> new Conversation() {
                    private final Conversations.Consume consume =
                            new Conversations.Consume(List.of("large"), MESSAGES, balance, false);

                    @Override
                    public ByteBuffer next() {
                        return consume.next();
                    }

                    @Override
                    public int answered(int status, byte[] bytes, int from, int to) {
                        largest[0] = Math.max(largest[0], to - from);
                        return consume.answered(status, bytes, from, to);
                    }
                }),
                Duration.ofSeconds(20));
        boolean exhausted = service.logText().contains("OutOfMemoryError");
        return new Report.Finding(
                "i",
                "%d messages of 1 MB, 8 receivers asking for 1000 each, %s of heap".formatted(sent[0], Service.HEAP),
                "%d received and acked, largest answer %d MB, %s"
                        .formatted(
                                measured.done(), largest[0] >> 20, exhausted ? "OUT OF MEMORY" : "no OutOfMemoryError"),
                "paged or refused, no OutOfMemoryError");
    }

    private static Conversation upTo(int most, int[] sent, Conversation conversation) {
        return new Conversation() {
            @Override
            public ByteBuffer next() {
                return sent[0] < most ? begin() : null;
            }

            private ByteBuffer begin() {
                sent[0]++;
                return conversation.next();
            }

            @Override
            public int answered(int status, byte[] bytes, int from, int to) {
                return conversation.answered(status, bytes, from, to);
            }
        };
    }
}
