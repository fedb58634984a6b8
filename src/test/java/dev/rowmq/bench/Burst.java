package dev.rowmq.bench;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import tools.jackson.databind.JsonNode;

/**
 * Acks right after many messages were sent to an empty queue, while the planner's statistics still describe an empty
 * table.
 */
final class Burst {

    private static final int BATCH = 1000;
    private static final int MESSAGES = 1_000_000;
    private static final int ACKS = 400;
    private static final int WARM_UP = 20 * BATCH;

    private Burst() {}

    static Report.Finding measure(Service service) {
        Http http = service.http();
        service.queue("burst");
        QueueClient queue = new QueueClient(http, "burst");
        // statements are planned on empty tables first; messages have producer ids, which acks look up
        send(queue, -WARM_UP, WARM_UP);
        acks(queue, WARM_UP / 100);
        service.sql("alter table message set (autovacuum_enabled = off)",
                "alter table processed_id set (autovacuum_enabled = off)", "vacuum analyze message",
                "vacuum analyze processed_id");
        send(queue, 0, MESSAGES);
        double before = acks(queue, ACKS);
        service.sql("analyze message", "analyze processed_id");
        double after = acks(queue, ACKS);
        return new Report.Finding(
                "k",
                "ack of 100 after a burst of %,d messages, 99 %%".formatted(MESSAGES),
                "%.1f ms, after ANALYZE %.1f ms: %.2f times".formatted(before, after, before / after),
                "3 times");
    }

    /** @param from number of the first message; the ids are made of the numbers */
    private static void send(QueueClient queue, int from, int messages) {
        for (int first = from; first < from + messages; first += BATCH) {
            int begin = first;
            queue.sendBatch(IntStream.range(0, BATCH)
                            .mapToObj(n -> "{\"body\":\"" + Conversations.BODY + "\",\"id\":\"b" + (begin + n) + "\"}")
                            .collect(Collectors.joining(",")))
                    .expect(200);
        }
    }

    /** @return 99th percentile of the acks' latency in milliseconds */
    private static double acks(QueueClient queue, int number) {
        double[] millis = new double[number];
        for (int i = 0; i < number; i++) {
            String[] receipts = queue.receive(100).stream()
                    .map(message -> message.path("receipt").asString())
                    .toArray(String[]::new);
            long begin = System.nanoTime();
            JsonNode results = queue.settleReceipts("ack", "", receipts);
            millis[i] = (System.nanoTime() - begin) / 1e6;
            if (results.size() != 100) {
                throw new IllegalStateException(results.toString());
            }
        }
        Arrays.sort(millis);
        return millis[number * 99 / 100];
    }
}
