package dev.rowmq.bench;

import dev.rowmq.support.LoadClient.Measured;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.MessageProperties;
import com.rabbitmq.client.AMQP.BasicProperties;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * A rival: a RabbitMQ quorum queue with publisher confirms, on a running broker ({@code -Dbench.rabbitmq=amqp://...}).
 */
final class RabbitMq implements AutoCloseable {

    private static final String QUEUE = "rowmq-bench";
    private static final byte[] BODY = Conversations.BODY.getBytes(StandardCharsets.US_ASCII);

    private final List<Connection> connections = new ArrayList<>();

    RabbitMq(String url) throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri(url);
        for (int i = 0; i < Benchmark.CONNECTIONS; i++) {
            connections.add(factory.newConnection());
        }
        try (Channel channel = connections.getFirst().createChannel()) {
            channel.queueDeclare(QUEUE, true, false, false, Map.of("x-queue-type", "quorum"));
        }
    }

    String version() {
        return String.valueOf(connections.getFirst().getServerProperties().get("version"));
    }

    /** The work of one connection until the end of the round. */
    private interface Work {
        void run(Channel channel, LongAdder done, Histogram latency, long end) throws Exception;
    }

    private static void sendAndWait(Channel channel, LongAdder done, Histogram latency, long end) throws Exception {
        channel.confirmSelect();
        while (System.nanoTime() < end) {
            long start = System.nanoTime();
            channel.basicPublish("", QUEUE, MessageProperties.PERSISTENT_BASIC, BODY);
            channel.waitForConfirmsOrDie(10_000);
            done.increment();
            latency.recordValue((System.nanoTime() - start) / 1000);
        }
    }

    /** One durable send per connection at a time. */
    Measured send(Duration time) {
        return run(time, connections.stream().map(connection -> (Work) RabbitMq::sendAndWait).toList());
    }

    /** Pipelined sends, and receives and acks in hundreds, at the same time. */
    Measured cycle(Duration time) {
        Semaphore outstanding = new Semaphore(20_000);
        List<Work> works = new ArrayList<>();
        for (int i = 0; i < connections.size() / 2; i++) {
            works.add((channel, done, latency, end) -> produce(channel, outstanding, end));
            works.add((channel, done, latency, end) -> consume(channel, outstanding, done, end));
        }
        return run(time, works);
    }

    private static void produce(Channel channel, Semaphore outstanding, long end) throws Exception {
        channel.confirmSelect();
        while (System.nanoTime() < end) {
            for (int i = 0; i < 100; i++) {
                outstanding.tryAcquire(100, TimeUnit.MILLISECONDS);
                channel.basicPublish("", QUEUE, MessageProperties.PERSISTENT_BASIC, BODY);
            }
            channel.waitForConfirmsOrDie(10_000);
        }
    }

    private static void consume(Channel channel, Semaphore outstanding, LongAdder done, long end) throws Exception {
        channel.basicQos(200);
        channel.basicConsume(QUEUE, false, new DefaultConsumer(channel) {
            private int unacked;

            @Override
            public void handleDelivery(String tag, Envelope envelope, BasicProperties properties, byte[] body)
                    throws IOException {
                outstanding.release();
                if (++unacked == 100) {
                    unacked = 0;
                    channel.basicAck(envelope.getDeliveryTag(), true);
                    if (System.nanoTime() < end) {
                        done.add(100);
                    }
                }
            }
        });
        Thread.sleep(Math.max(0, (end - System.nanoTime()) / 1_000_000));
    }

    private Measured run(Duration time, List<Work> works) {
        LongAdder done = new LongAdder();
        Histogram latency = new ConcurrentHistogram(120_000_000L, 3);
        List<Thread> threads = new ArrayList<>();
        AtomicReference<Exception> failed = new AtomicReference<>();
        try {
            connections.getFirst().createChannel().queuePurge(QUEUE);
            long end = System.nanoTime() + time.toNanos();
            for (int i = 0; i < works.size(); i++) {
                Channel channel = connections.get(i).createChannel();
                Work work = works.get(i);
                threads.add(Thread.ofPlatform().daemon().start(() -> {
                    try {
                        work.run(channel, done, latency, end);
                        channel.close();
                    } catch (Exception failure) {
                        failed.set(failure);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join(time.plusSeconds(30));
            }
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stop);
        }
        if (failed.get() != null) {
            throw new IllegalStateException(failed.get());
        }
        return new Measured(done.sum(), latency.getTotalCount(), time.toNanos() / 1e9, latency, 0);
    }

    @Override
    public void close() throws IOException {
        try {
            connections.getFirst().createChannel().queueDelete(QUEUE);
        } finally {
            for (Connection connection : connections) {
                connection.abort(1000);
            }
        }
    }
}
