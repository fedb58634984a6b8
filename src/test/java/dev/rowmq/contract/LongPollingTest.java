package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

@ParameterizedClass
@EnumSource(TestDatabase.class)
class LongPollingTest {

    private final TestDatabase database;
    private final Http http;

    LongPollingTest(TestDatabase database) {
        this.database = database;
        this.http = database.service().http();
    }

    /** @param at when the answer arrived, by {@link System#nanoTime} */
    private record Woken(JsonNode message, long at) {}

    @Test
    void a_wait_can_be_preferred_by_a_header() throws Exception {
        QueueClient queue = http.queue();
        QueueClient preferring = new QueueClient(http.withHeader("Prefer", "respond-async, wait=20"), queue.name());
        Thread.ofVirtual().start(() -> {
            LockSupport.parkNanos(Duration.ofMillis(700).toNanos());
            queue.sendText("x");
        });
        Http.Answer answer = preferring.http().post(queue.path() + "/receive", "{}").expect(200);
        assertThat(answer.json().path("messages").size()).isEqualTo(1);
        assertThat(answer.header("Preference-Applied")).contains("wait=20");
        Http.Answer own = preferring.http().post(queue.path() + "/receive", "{\"wait\": \"0s\"}").expect(200);
        assertThat(own.header("Preference-Applied")).isEmpty();
        assertThat(http.withHeader("Prefer", "wait=soon")
                        .post(queue.path() + "/receive", null)
                        .expect(200)
                        .header("Preference-Applied"))
                .isEmpty();
    }

    @Test
    void one_message_wakes_exactly_one_of_200_waiting_receivers_within_50_ms() throws Exception {
        QueueClient queue = http.queue();
        BlockingQueue<Woken> woken = new LinkedBlockingQueue<>();
        List<Thread> receivers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            receivers.add(Thread.ofVirtual().start(() -> {
                List<JsonNode> messages = queue.receive("{\"wait\": \"60s\"}");
                messages.forEach(message -> woken.add(new Woken(message, System.nanoTime())));
            }));
        }
        Thread.sleep(1500);
        List<Long> millis = new ArrayList<>();
        for (int i = 0; i < 21; i++) {
            long sent = System.nanoTime();
            queue.sendText("m" + i);
            Woken first = woken.poll(5, TimeUnit.SECONDS);
            assertThat(first).as("message " + i).isNotNull();
            assertThat(QueueClient.body(first.message())).isEqualTo("m" + i);
            millis.add((first.at() - sent) / 1_000_000);
            Thread.sleep(20);
            assertThat(woken).as("others woken with a message").isEmpty();
        }
        Collections.sort(millis);
        System.out.printf("long polling on %s: send to answer %s ms%n", database, millis);
        assertThat(millis.get(millis.size() / 2)).isLessThanOrEqualTo(50);
        assertThat(receivers.stream().filter(Thread::isAlive).count()).isEqualTo(200 - 21);
        for (int i = 21; i < 200; i++) {
            queue.sendText("end");
        }
        for (Thread receiver : receivers) {
            assertThat(receiver.join(Duration.ofSeconds(20))).isTrue();
        }
    }

    @Test
    void a_wait_that_finds_nothing_ends_in_time_with_an_empty_answer() {
        QueueClient queue = http.queue();
        long start = System.nanoTime();
        assertThat(queue.receive("{\"wait\": \"700ms\"}")).isEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(690), Duration.ofMillis(1500));
    }

    @Test
    void a_batch_wakes_as_many_receivers_as_there_are_messages() throws Exception {
        QueueClient queue = http.queue();
        List<CompletableFuture<List<JsonNode>>> waits = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            waits.add(CompletableFuture.supplyAsync(
                    () -> queue.receive("{\"wait\": \"10s\"}"), task -> Thread.ofVirtual().start(task)));
        }
        Thread.sleep(300);
        queue.sendBatch("{\"body\": \"1\"}, {\"body\": \"2\"}, {\"body\": \"3\"}, {\"body\": \"4\"}, {\"body\": \"5\"}")
                .expect(200);
        for (CompletableFuture<List<JsonNode>> wait : waits) {
            assertThat(wait.get(2, TimeUnit.SECONDS)).hasSize(1);
        }
    }

    @Test
    void a_paused_queue_gives_nothing_until_it_is_resumed() throws Exception {
        QueueClient queue = http.queue();
        http.post(queue.path() + "/pause", null).expect(200);
        queue.sendText("x");
        assertThat(queue.receive("{\"wait\": \"300ms\"}")).isEmpty();
        CompletableFuture<List<JsonNode>> waiting = CompletableFuture.supplyAsync(
                () -> queue.receive("{\"wait\": \"10s\"}"), task -> Thread.ofVirtual().start(task));
        Thread.sleep(200);
        assertThat(http.get(queue.path()).json().path("paused").asBoolean()).isTrue();

        http.post(queue.path() + "/resume", null).expect(200);

        assertThat(waiting.get(1, TimeUnit.SECONDS)).hasSize(1);
    }

    @Test
    void a_stopping_service_ends_its_waiting_polls_at_once_with_an_empty_answer() throws Exception {
        RunningService service = new RunningService(database.freshUrl());
        QueueClient queue = service.http().queue();
        List<CompletableFuture<List<JsonNode>>> waits = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            waits.add(CompletableFuture.supplyAsync(
                    () -> queue.receive("{\"wait\": \"60s\"}"), task -> Thread.ofVirtual().start(task)));
        }
        Thread.sleep(500);
        long start = System.nanoTime();
        Thread stopping = Thread.ofPlatform().start(service::close);
        for (CompletableFuture<List<JsonNode>> wait : waits) {
            assertThat(wait.get(3, TimeUnit.SECONDS)).isEmpty();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        assertThat(stopping.join(Duration.ofSeconds(10))).isTrue();
    }
}
