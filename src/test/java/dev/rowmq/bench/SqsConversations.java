package dev.rowmq.bench;

import dev.rowmq.support.Conversation;
import dev.rowmq.support.LoadClient;
import dev.rowmq.support.LoadClient.Measured;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The requests of clients of Amazon SQS, in AWS JSON 1.0, to RowMQ and to ElasticMQ alike. */
final class SqsConversations {

    static final int BATCH = 10;
    private static final byte[] RECEIPT = "\"ReceiptHandle\":\"".getBytes(StandardCharsets.US_ASCII);

    private final int port;
    private final String queue;
    private final int groups;
    private final long started = System.nanoTime();
    private final AtomicLong number = new AtomicLong();

    SqsConversations(int port, String queue) {
        this(port, queue, 0);
    }

    /** @param groups number of message groups, 0 for a standard queue */
    SqsConversations(int port, String queue, int groups) {
        this.port = port;
        this.queue = queue;
        this.groups = groups;
    }

    /** The parameters of a message in a group, each time for the next group; empty for a standard queue. */
    private String group() {
        long next = number.getAndIncrement();
        return groups == 0
                ? ""
                : ",\"MessageGroupId\":\"g%d\",\"MessageDeduplicationId\":\"%d-%d\""
                        .formatted(next % groups, started, next);
    }

    private ByteBuffer request(String action, String fields) {
        String body = "{\"QueueUrl\":\"http://localhost:" + port + "/000000000000/" + queue + "\"" + fields + "}";
        String head = "POST / HTTP/1.1\r\nHost: localhost:" + port + "\r\nX-Amz-Target: AmazonSQS." + action
                + "\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: " + body.length() + "\r\n\r\n";
        return ByteBuffer.wrap((head + body).getBytes(StandardCharsets.US_ASCII));
    }

    private Conversation send() {
        return groups == 0
                ? new Conversations.Same(request("SendMessage", body()), 200, 1)
                : new Changing(() -> request("SendMessage", body() + group()), 1);
    }

    private static String body() {
        return ",\"MessageBody\":\"" + Conversations.BODY + "\"";
    }

    /** Makes each request anew. */
    private record Changing(Supplier<ByteBuffer> request, int each) implements Conversation {

        @Override
        public ByteBuffer next() {
            return request.get();
        }

        @Override
        public int answered(int status, byte[] bytes, int from, int to) {
            if (status != 200) {
                throw new IllegalStateException(
                        "answered " + status + ": " + new String(bytes, from, to - from, StandardCharsets.UTF_8));
            }
            return each;
        }
    }

    private Conversation sendBatch() {
        return groups == 0
                ? new Conversations.Same(batch(), 200, BATCH)
                : new Changing(this::batch, BATCH);
    }

    private ByteBuffer batch() {
        String entries = IntStream.range(0, BATCH)
                .mapToObj(i -> "{\"Id\":\"" + i + "\"" + body() + group() + "}")
                .collect(Collectors.joining(","));
        return request("SendMessageBatch", ",\"Entries\":[" + entries + "]");
    }

    /** Empties the queue; a purge that still runs comes first. */
    void purge() {
        for (int attempt = 1; ; attempt++) {
            try {
                LoadClient.run(
                        port,
                        List.of(new Conversations.Same(request("PurgeQueue", ""), 200, 1)),
                        Duration.ofMillis(1));
                return;
            } catch (IllegalStateException running) {
                if (attempt == 100) {
                    throw running;
                }
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            }
        }
    }

    Measured sends(Duration time) {
        purge();
        return LoadClient.run(port, Conversations.times(Benchmark.CONNECTIONS, this::send), time);
    }

    Measured batches(Duration time) {
        purge();
        return LoadClient.run(port, Conversations.times(Benchmark.CONNECTIONS, this::sendBatch), time);
    }

    /** Receives and deletes messages that were sent before; sending takes about as long again. */
    Measured receives(Duration time) {
        fill(time);
        return LoadClient.run(port, Conversations.times(Benchmark.CONNECTIONS, Consume::new), time);
    }

    /** Sends more messages than can be received in this time. */
    void fill(Duration time) {
        batches(time.multipliedBy(3).dividedBy(2));
    }

    /** Receives up to ten messages, and deletes them in one batch. */
    private final class Consume implements Conversation {

        private final ByteBuffer receive = request("ReceiveMessage", ",\"MaxNumberOfMessages\":" + BATCH);
        private ByteBuffer delete;
        private int leased;

        @Override
        public ByteBuffer next() {
            return delete != null ? delete : receive.duplicate();
        }

        @Override
        public int answered(int status, byte[] bytes, int from, int to) {
            if (status != 200) {
                throw new IllegalStateException(
                        "answered " + status + ": " + new String(bytes, from, to - from, StandardCharsets.UTF_8));
            }
            if (delete != null) {
                delete = null;
                return leased;
            }
            StringBuilder entries = new StringBuilder();
            leased = 0;
            for (int at = Conversations.find(RECEIPT, bytes, from, to);
                    at >= 0;
                    at = Conversations.find(RECEIPT, bytes, at, to)) {
                int end = at;
                while (bytes[end] != '"') {
                    end++;
                }
                entries.append(leased == 0 ? "" : ",").append("{\"Id\":\"").append(leased++)
                        .append("\",\"ReceiptHandle\":\"")
                        .append(new String(bytes, at, end - at, StandardCharsets.US_ASCII)).append("\"}");
            }
            if (leased == 0 && groups > 0) {
                // all groups with messages are with other receivers at this moment
                return 0;
            }
            if (leased == 0) {
                throw new IllegalStateException("the queue ran dry: send more before");
            }
            delete = request("DeleteMessageBatch", ",\"Entries\":[" + entries + "]");
            return 0;
        }
    }
}
