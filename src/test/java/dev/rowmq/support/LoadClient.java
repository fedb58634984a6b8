package dev.rowmq.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

import org.HdrHistogram.Histogram;

/**
 * A light HTTP/1.1 client: one thread for all connections, requests prepared as bytes, answers parsed only as far as
 * needed. Each connection has one request in progress at a time.
 */
public final class LoadClient {

    /**
     * The result of a measurement.
     *
     * @param done        messages (or requests) that the conversations counted, within the time
     * @param requests    requests answered within the time
     * @param latency     latency of requests, in microseconds
     * @param clientNanos processor time of this client, in nanoseconds
     */
    public record Measured(long done, long requests, double seconds, Histogram latency, long clientNanos) {

        public double rate() {
            return done / seconds;
        }

        public double clientMicrosPerRequest() {
            return requests == 0 ? 0 : clientNanos / 1000.0 / requests;
        }
    }

    private static final class Connection {

        final Selector selector;
        final Conversation conversation;
        final Answer answer = new Answer();
        SocketChannel channel;
        SelectionKey key;
        ByteBuffer request;
        long sentAt;
        int sent;

        Connection(int port, Selector selector, Conversation conversation) {
            this.port = port;
            this.selector = selector;
            this.conversation = conversation;
        }

        final int port;

        void open() throws IOException {
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            key = channel.register(selector, 0, this);
        }
    }

    private final List<Integer> ports;
    private final Histogram latency = new Histogram(120_000_000L, 3);
    private final Queue<Connection> idle = new ArrayDeque<>();
    private long end;
    private long done;
    private long requests;
    private int underWay;

    private LoadClient(List<Integer> ports) {
        this.ports = ports;
    }

    /** Runs all conversations for this time, each on a connection of its own, and finishes the requests in progress. */
    public static Measured run(int port, List<? extends Conversation> conversations, Duration time) {
        return run(List.of(port), conversations, time);
    }

    /** As {@link #run(int, List, Duration)}, with the connections distributed over the ports in turn. */
    public static Measured run(List<Integer> ports, List<? extends Conversation> conversations, Duration time) {
        try {
            return new LoadClient(ports).run(conversations, time);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Measured run(List<? extends Conversation> conversations, Duration time) throws IOException {
        List<Connection> connections = new ArrayList<>();
        try (Selector selector = Selector.open()) {
            long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            end = System.nanoTime() + time.toNanos();
            for (Conversation conversation : conversations) {
                Connection connection =
                        new Connection(ports.get(connections.size() % ports.size()), selector, conversation);
                connection.open();
                connections.add(connection);
                // a server closes a connection that stays without a request
                next(connection);
            }
            long deadline = end + Duration.ofSeconds(70).toNanos();
            while (underWay > 0 || System.nanoTime() < end) {
                selector.select(this::ready, 1);
                wakeIdle();
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException(underWay + " requests were never answered");
                }
            }
            cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu;
            return new Measured(done, requests, time.toNanos() / 1e9, latency, cpu);
        } finally {
            for (Connection connection : connections) {
                connection.channel.close();
            }
        }
    }

    private void wakeIdle() throws IOException {
        for (int i = idle.size(); i > 0; i--) {
            next(idle.remove());
        }
    }

    private void next(Connection connection) throws IOException {
        if (System.nanoTime() >= end) {
            // the server may close it while others are still answered
            connection.channel.close();
            return;
        }
        ByteBuffer request = connection.conversation.next();
        if (request == null) {
            idle.add(connection);
            return;
        }
        connection.request = request;
        connection.answer.begin();
        connection.sentAt = System.nanoTime();
        connection.sent++;
        underWay++;
        connection.channel.write(request);
        connection.key.interestOps(
                request.hasRemaining() ? SelectionKey.OP_WRITE | SelectionKey.OP_READ : SelectionKey.OP_READ);
    }

    private void ready(SelectionKey key) {
        try {
            Connection connection = (Connection) key.attachment();
            if (key.isWritable()) {
                connection.channel.write(connection.request);
                if (!connection.request.hasRemaining()) {
                    key.interestOps(SelectionKey.OP_READ);
                }
            }
            if (key.isReadable()) {
                read(connection);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void read(Connection connection) throws IOException {
        Answer answer = connection.answer;
        answer.grow();
        int now = connection.channel.read(
                ByteBuffer.wrap(answer.bytes, answer.filled, answer.bytes.length - answer.filled));
        if (now < 0) {
            throw new IOException("the server closed a connection %d ms after its request number %d".formatted(
                    (System.nanoTime() - connection.sentAt) / 1_000_000, connection.sent));
        }
        answer.filled += now;
        if (answer.complete()) {
            underWay--;
            long at = System.nanoTime();
            int counted = connection.conversation.answered(answer.status, answer.bytes, answer.from, answer.to);
            if (at < end) {
                done += counted;
                requests++;
                latency.recordValue(Math.min(120_000_000L, (at - connection.sentAt) / 1000));
            }
            if (answer.closes) {
                connection.channel.close();
                connection.open();
            }
            next(connection);
        }
    }
}
