package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The time from a commit to a receiver that waits over HTTP, measured while no other test runs. */
@Tag("long")
class SqlLatencyIT {

    @Test
    void a_waiting_receiver_has_the_message_within_200_ms_in_the_median() throws Exception {
        QueueClient queue = TestDatabase.POSTGRESQL.service().http().queue();
        String url = TestDatabase.POSTGRESQL.service().databaseUrl();
        long[] millis = new long[15];
        for (int i = 0; i < millis.length; i++) {
            CompletableFuture<Long> waiting = CompletableFuture.supplyAsync(() -> {
                assertThat(queue.ack(queue.receiveOne())).isEqualTo("acked");
                return System.nanoTime();
            });
            // long enough for the longest interval between two polls, and different each time
            Thread.sleep(1200 + 37L * i);
            Postgres.shared().runIn(url, "select rowmq.send('" + queue.name() + "', 'x')");
            long committed = System.nanoTime();
            millis[i] = (waiting.join() - committed) / 1_000_000;
        }
        Arrays.sort(millis);
        System.out.println("from a commit to a waiting receiver, ms: " + Arrays.toString(millis));
        assertThat(millis[millis.length / 2]).as(Arrays.toString(millis)).isLessThanOrEqualTo(200);
    }
}
