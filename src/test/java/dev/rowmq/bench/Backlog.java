package dev.rowmq.bench;

import dev.rowmq.bench.Comparison.Contender;
import dev.rowmq.bench.Comparison.Ratio;
import dev.rowmq.support.Conversation;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.LoadClient;
import dev.rowmq.support.QueueClient;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Receives and acks beside messages that wait in a queue, with and without message groups. */
final class Backlog {

    static final int GROUPS = 1000;

    private static final int BATCH = 100;
    private static final int RECEIVED = 10;
    private static final String STANDARD = "standard queue";
    private static final String MANY = "1,000 groups";
    private static final String ONE = "one group";
    private static final String SHORT_LEASES = "\"visibilityTimeout\": \"5s\", \"retry\": {\"initial\": \"0s\"}";

    private final Service service;
    private final int size;

    /** @param size messages that wait when a round begins */
    Backlog(Service service, int size) {
        this.service = service;
        this.size = size;
    }

    /** FIFO queues beside a standard one. */
    Comparison fifo() {
        return new Comparison(
                "q",
                "receive of 10 and ack, %,d messages waiting".formatted(size),
                "messages/s",
                List.of(
                        contender(STANDARD, "backlog", "", 0),
                        contender(MANY, "backlog.fifo", "\"fifo\": true, ", GROUPS),
                        contender(ONE, "backlog-one.fifo", "\"fifo\": true, ", 1)),
                List.of(new Ratio(MANY, STANDARD, 0.5), new Ratio(ONE, STANDARD, 0.1)));
    }

    /**
     * A standard queue whose messages are all of one group, beside one without groups. The group is noisy while its
     * messages are received, so each receive first looks for messages of quiet groups.
     */
    Comparison noisy() {
        String plain = "no group, %,d waiting".formatted(size);
        String noisy = "one noisy group, %,d waiting".formatted(size);
        return new Comparison(
                "r",
                "receive of 10 and ack from a standard queue, %,d messages waiting".formatted(size),
                "messages/s",
                List.of(contender(plain, "plain-" + size, "", 0), contender(noisy, "noisy-" + size, "", 1)),
                List.of(new Ratio(noisy, plain, 0.8)));
    }

    private Contender contender(String name, String queue, String settings, int groups) {
        service.queue(queue, "{" + settings + SHORT_LEASES + "}");
        return new Contender(name, time -> {
            fill(queue, groups);
            Conversations.Balance balance = new Conversations.Balance(Long.MAX_VALUE);
            return load(time, () -> new Conversations.Consume(List.of(queue), RECEIVED, balance, false));
        });
    }

    private void fill(String queue, int groups) {
        AtomicLong next = new AtomicLong();
        QueueClient client = new QueueClient(service.http(), queue);
        // what the round before had in flight keeps its groups until the leases end
        Eventually.within(Duration.ofSeconds(20), "nothing is in flight",
                () -> client.stats().path("inFlight").asLong() == 0);
        while (client.stats().path("ready").asLong() < size) {
            load(Duration.ofMillis(300), () -> new Batch(queue, groups, next));
        }
    }

    private LoadClient.Measured load(Duration time, Supplier<Conversation> each) {
        return LoadClient.run(service.port(), Conversations.times(Benchmark.CONNECTIONS, each), time);
    }

    /** Sends batches whose messages go to the groups in turn. */
    private record Batch(String queue, int groups, AtomicLong number) implements Conversation {

        @Override
        public ByteBuffer next() {
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < BATCH; i++) {
                messages.add("{\"body\":\"" + Conversations.BODY + "\""
                        + (groups == 0 ? "" : ",\"group\":\"g" + number.getAndIncrement() % groups + "\"") + "}");
            }
            return Conversations.post(
                    "/v1/queues/" + queue + "/messages/batch", "{\"messages\":[" + String.join(",", messages) + "]}");
        }

        @Override
        public int answered(int status, byte[] bytes, int from, int to) {
            if (status != 200) {
                throw new IllegalStateException("answered " + status);
            }
            return BATCH;
        }
    }
}
