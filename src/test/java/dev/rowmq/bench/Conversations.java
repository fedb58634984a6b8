package dev.rowmq.bench;

import dev.rowmq.support.Conversation;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The requests that the connections of a benchmark send to RowMQ. */
final class Conversations {

    /** The body of every message: 128 bytes. */
    static final String BODY = "m".repeat(128);

    static final byte[] RECEIPT = "\"receipt\":\"".getBytes(StandardCharsets.US_ASCII);

    private Conversations() {}

    static ByteBuffer post(String path, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n"
                + (bytes.length == 0 ? "" : "Content-Type: application/json\r\n") + "Content-Length: " + bytes.length
                + "\r\n\r\n";
        return ByteBuffer.wrap((head + body).getBytes(StandardCharsets.UTF_8));
    }

    static ByteBuffer get(String path) {
        return ByteBuffer.wrap(
                ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.UTF_8));
    }

    static List<Conversation> times(int connections, Supplier<Conversation> each) {
        return Stream.generate(each).limit(connections).toList();
    }

    private static void expect(int status, int wanted, byte[] bytes, int from, int to) {
        if (status != wanted) {
            throw new IllegalStateException("answered " + status + ": "
                    + new String(bytes, from, Math.min(300, to - from), StandardCharsets.UTF_8));
        }
    }

    /** Repeats the same request. */
    record Same(ByteBuffer request, int status, int each) implements Conversation {

        @Override
        public ByteBuffer next() {
            return request.duplicate();
        }

        @Override
        public int answered(int answered, byte[] bytes, int from, int to) {
            expect(answered, status, bytes, from, to);
            return each;
        }
    }

    static Conversation empty() {
        return new Same(post("/v1/empty", ""), 204, 1);
    }

    static Conversation echo() {
        return new Same(post("/v1/echo/nothing/messages", message()), 201, 1);
    }

    static Conversation send(String queue) {
        return new Same(post("/v1/queues/" + queue + "/messages", message()), 201, 1);
    }

    static Conversation sendBatch(String queue, int size) {
        return new Same(post("/v1/queues/" + queue + "/messages/batch", batch(size)), 200, size);
    }

    private static String message() {
        return "{\"body\":\"" + BODY + "\"}";
    }

    static String batch(int size) {
        return IntStream.range(0, size)
                .mapToObj(i -> message())
                .collect(Collectors.joining(",", "{\"messages\":[", "]}"));
    }

    /**
     * Number of messages sent and not yet acked, which limits how far producers get ahead of consumers. With many
     * queues it also lists the queues that have messages, so that consumers do not send receives to empty queues, as if
     * one consumer waited at each queue.
     */
    static final class Balance {

        private final long most;
        private final Deque<Integer> filled = new ArrayDeque<>();
        private long outstanding;

        Balance(long most) {
            this.most = most;
        }
    }

    /** Sends batches to the queues in turn, while fewer messages than the maximum are outstanding. */
    static Conversation produce(List<String> queues, int size, Balance balance) {
        List<ByteBuffer> requests = queues.stream()
                .map(queue -> post("/v1/queues/" + queue + "/messages/batch", batch(size)))
                .toList();
        return new Conversation() {
            private int turn = ThreadLocalRandom.current().nextInt(requests.size());

            @Override
            public ByteBuffer next() {
                if (balance.outstanding >= balance.most) {
                    return null;
                }
                balance.outstanding += size;
                turn = (turn + 1) % requests.size();
                return requests.get(turn).duplicate();
            }

            @Override
            public int answered(int status, byte[] bytes, int from, int to) {
                expect(status, 200, bytes, from, to);
                if (requests.size() > 1) {
                    balance.filled.add(turn);
                }
                return 0;
            }
        };
    }

    /** Receives up to {@code max} messages of one queue at a time and acks them. */
    static final class Consume implements Conversation {

        private final List<String> queues;
        private final Balance balance;
        private final boolean countRequests;
        private final List<ByteBuffer> receives;
        private int queue;
        private ByteBuffer ack;
        private int leased;

        /** @param countRequests true = counts requests, false = counts acked messages */
        Consume(List<String> queues, int max, Balance balance, boolean countRequests) {
            this.queues = queues;
            this.balance = balance;
            this.countRequests = countRequests;
            String wait = queues.size() == 1 ? "1s" : "0s";
            this.receives = queues.stream()
                    .map(queue ->
                            post("/v1/queues/" + queue + "/receive", "{\"max\":" + max + ",\"wait\":\"" + wait + "\"}"))
                    .toList();
        }

        @Override
        public ByteBuffer next() {
            if (ack != null) {
                return ack;
            }
            if (queues.size() > 1) {
                if (balance.filled.isEmpty()) {
                    return null;
                }
                queue = balance.filled.remove();
            }
            return receives.get(queue).duplicate();
        }

        @Override
        public int answered(int status, byte[] bytes, int from, int to) {
            expect(status, 200, bytes, from, to);
            if (ack == null) {
                ack = ack(bytes, from, to);
                if (ack == null && queues.size() > 1) {
                    balance.filled.add(queue);
                }
                return countRequests ? 1 : 0;
            }
            ack = null;
            balance.outstanding -= leased;
            return countRequests ? 1 : leased;
        }

        private ByteBuffer ack(byte[] bytes, int from, int to) {
            StringBuilder receipts = new StringBuilder("{\"receipts\":[");
            leased = 0;
            for (int at = find(RECEIPT, bytes, from, to); at >= 0; at = find(RECEIPT, bytes, at, to)) {
                int end = at;
                while (bytes[end] != '"') {
                    end++;
                }
                receipts.append(leased++ == 0 ? "\"" : ",\"")
                        .append(new String(bytes, at, end - at, StandardCharsets.US_ASCII))
                        .append('"');
            }
            return leased == 0
                    ? null
                    : post(
                            "/v1/queues/" + queues.get(queue) + "/ack",
                            receipts.append("]}").toString());
        }
    }

    /** Index after the next occurrence of a text; -1 when there is none. */
    static int find(byte[] text, byte[] bytes, int from, int to) {
        search:
        for (int i = from; i <= to - text.length; i++) {
            for (int k = 0; k < text.length; k++) {
                if (bytes[i + k] != text[k]) {
                    continue search;
                }
            }
            return i + text.length;
        }
        return -1;
    }
}
