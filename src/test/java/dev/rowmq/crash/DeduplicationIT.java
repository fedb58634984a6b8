package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RawHttp;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

/**
 * Eight producers send each deduplication id of a FIFO queue at about the same time. Some of them do not wait for the
 * answer, and the service is killed meanwhile. Each id must be stored once.
 */
@Tag("long")
class DeduplicationIT {

    private static final int IDS = 5000;
    private static final int PRODUCERS = 8;

    private static final Duration WINDOW = FifoRules.DEDUPLICATION_WINDOW.minusSeconds(10);

    /** All ids that the service answered for each deduplication id. */
    private final Map<Integer, Set<String>> answered = new ConcurrentHashMap<>();

    /** When the first and the last producer had sent each id, in nanoseconds. */
    private final AtomicLongArray first = new AtomicLongArray(IDS);

    private final AtomicLongArray last = new AtomicLongArray(IDS);
    private final AtomicInteger cut = new AtomicInteger();
    private final AtomicInteger unanswered = new AtomicInteger();

    @ParameterizedTest
    @EnumSource(names = {"POSTGRESQL", "H2"})
    void each_deduplication_id_is_stored_once(TestDatabase database, @TempDir Path folder) throws Exception {
        long seed = Long.getLong("rowmq.seed", System.nanoTime() % 1_000_000_000);
        String url = "spring.datasource.url=" + database.freshUrl();
        try (ServiceProcess service = new ServiceProcess(folder, url, "logging.level.root=warn").start()) {
            QueueClient queue = service.http().queue("{\"fifo\": true}");
            AtomicInteger progress = new AtomicInteger();
            List<Thread> producers = new ArrayList<>();
            for (int i = 0; i < PRODUCERS; i++) {
                boolean patient = i == 0;
                Random random = new Random(seed + i);
                producers.add(Thread.ofVirtual().start(() -> {
                    for (int id = 0; id < IDS; id++) {
                        first.compareAndSet(id, 0, System.nanoTime());
                        send(service.http(), queue.name(), id, patient, random);
                        last.accumulateAndGet(id, System.nanoTime(), Math::max);
                        progress.accumulateAndGet(patient ? id : 0, Math::max);
                    }
                }));
            }
            while (progress.get() < IDS / 2) {
                Thread.sleep(20);
            }
            service.kill();
            service.start();
            for (Thread producer : producers) {
                assertThat(producer.join(Duration.ofMinutes(10))).as("a producer has ended").isTrue();
            }
            long longest = IntStream.range(0, IDS).mapToLong(id -> last.get(id) - first.get(id)).max().orElseThrow();
            assertThat(Duration.ofNanos(longest)).as("from the first send of an id to the last").isLessThan(WINDOW);
            Map<String, Integer> stored = drain(queue);
            System.out.printf("deduplication on %s, seed %d: %d ids, %d sends cut, %d unanswered, %d s for one id%n",
                    database, seed, IDS, cut.get(), unanswered.get(), Duration.ofNanos(longest).toSeconds());
            assertThat(stored).hasSize(IDS);
            assertThat(stored.values()).containsOnly(1);
            assertThat(answered.values()).allSatisfy(ids -> assertThat(ids).hasSize(1));
            assertThat(cut.get()).as("cut, or the run proves nothing").isGreaterThan(IDS / 2);
        }
    }

    /** @param patient whether the send is repeated until it is answered */
    private void send(Http http, String queue, int id, boolean patient, Random random) {
        String request = "{\"QueueUrl\":\"%s\",\"MessageBody\":\"m%d\",\"MessageGroupId\":\"g%d\"".formatted(
                        queue, id, id % 100)
                + ",\"MessageDeduplicationId\":\"d%d\"}".formatted(id);
        boolean done = false;
        while (!done) {
            try {
                if (!patient && random.nextInt(4) == 0) {
                    cut(http, request, random);
                    return;
                }
                Http.Answer answer = new SqsCaller(http).call("SendMessage", request);
                if (answer.status() == 200) {
                    answered.computeIfAbsent(id, any -> ConcurrentHashMap.newKeySet())
                            .add(answer.json().path("MessageId").asString());
                    return;
                }
            } catch (UncheckedIOException | IllegalStateException down) {
                unanswered.incrementAndGet();
            }
            LockSupport.parkNanos(20_000_000);
            done = !patient;
        }
    }

    /** Closes the connection within two milliseconds after the request. */
    private void cut(Http http, String request, Random random) {
        try (RawHttp connection = new RawHttp(http)) {
            connection.write("POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
                    + "Content-Type: application/x-amz-json-1.0\r\nContent-Length: "
                    + request.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + request);
            LockSupport.parkNanos(random.nextInt(2_000_000));
            connection.reset();
            cut.incrementAndGet();
        }
    }

    /** Receives and acks everything. Returns how often each body came. */
    private static Map<String, Integer> drain(QueueClient queue) {
        Map<String, Integer> bodies = new HashMap<>();
        for (List<JsonNode> some = queue.receive(1000); !some.isEmpty(); some = queue.receive(1000)) {
            some.forEach(message -> bodies.merge(QueueClient.body(message), 1, Integer::sum));
            queue.settleReceipts(
                    "ack",
                    "",
                    some.stream().map(message -> message.path("receipt").asString()).toArray(String[]::new));
        }
        return bodies;
    }
}
