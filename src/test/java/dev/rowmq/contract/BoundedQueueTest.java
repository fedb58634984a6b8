package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code maxMessages} with senders that race each other. */
class BoundedQueueTest {

    private static final int MAX = 300;
    private static final int BATCH = 7;
    private static final int SENDERS = 16;

    @ParameterizedTest
    @EnumSource(TestDatabase.class)
    void parallel_senders_do_not_overfill_a_queue(TestDatabase database) throws Exception {
        QueueClient queue = database.service().http().queue("{\"maxMessages\": " + MAX + "}");
        assertThat(fill(List.of(queue))).isEqualTo(MAX);
        assertThat(queue.stats().path("ready").asInt()).isEqualTo(MAX);

        queue.receive(10).forEach(message -> assertThat(queue.ack(message)).isEqualTo("acked"));
        assertThat(fill(List.of(queue))).as("room again").isEqualTo(10);
    }

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = "POSTGRESQL")
    void senders_on_several_instances_overfill_it_by_no_more_than_a_group(TestDatabase database) throws Exception {
        try (RunningService other = new RunningService(database.service().databaseUrl())) {
            QueueClient here = database.service().http().queue("{\"maxMessages\": " + MAX + "}");
            int accepted = fill(List.of(here, new QueueClient(other.http(), here.name())));
            assertThat(accepted).isBetween(MAX, MAX + SENDERS / 2 * BATCH);
            assertThat(here.stats().path("ready").asInt()).isEqualTo(accepted);
        }
    }

    @ParameterizedTest
    @EnumSource(TestDatabase.class)
    void a_repeated_send_is_a_duplicate_and_counted_also_when_the_queue_is_full(TestDatabase database) {
        QueueClient queue = database.service().http().queue("{\"maxMessages\": 2}");
        List<Integer> statuses = Stream.of("a", "a", "b", "a", "c")
                .map(id -> queue.send("{\"body\": \"x\", \"id\": \"" + id + "\"}").status())
                .toList();
        assertThat(statuses).containsExactly(201, 200, 201, 200, 429);
        assertThat(queue.stats().path("ready").asInt()).isEqualTo(2);
        assertThat(queue.stats().path("duplicates").asInt()).isEqualTo(2);
        queue.ack(queue.receiveOne());
        queue.sendBatch("{\"body\": \"x\", \"id\": \"a\"}, {\"body\": \"x\", \"id\": \"d\"}").expect(200);
        assertThat(queue.stats().path("ready").asInt()).isEqualTo(2);
        assertThat(queue.stats().path("duplicates").asInt()).as("beside one that is stored").isEqualTo(3);
    }

    /** Sends until the queue is full. Returns the number of accepted messages. */
    private static int fill(List<QueueClient> clients) throws Exception {
        String batch = String.join(",", Collections.nCopies(BATCH, "{\"body\": \"x\"}"));
        try (ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> sums = new ArrayList<>();
            for (int i = 0; i < SENDERS; i++) {
                QueueClient client = clients.get(i % clients.size());
                sums.add(senders.submit(() -> {
                    int sum = 0;
                    for (int now = BATCH; now == BATCH; sum += now) {
                        now = Collections.frequency(
                                client.sendBatch(batch)
                                        .expect(200)
                                        .json()
                                        .path("results")
                                        .findValuesAsString("status"),
                                "accepted");
                    }
                    return sum;
                }));
            }
            int all = 0;
            for (Future<Integer> sum : sums) {
                all += sum.get();
            }
            return all;
        }
    }
}
