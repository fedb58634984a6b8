package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

@ParameterizedClass
@EnumSource(TestDatabase.class)
class DeduplicationTest {

    private final Http http;

    DeduplicationTest(TestDatabase database) {
        this.http = database.service().http();
    }

    @Test
    void the_same_id_sent_8_times_at_once_is_stored_once() throws Exception {
        for (int round = 0; round < 5; round++) {
            QueueClient queue = http.queue();
            List<Http.Answer> answers = new ArrayList<>();
            try (ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Http.Answer>> running = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    running.add(senders.submit(() -> queue.send("{\"body\": \"x\", \"id\": \"order-1\"}")));
                }
                for (Future<Http.Answer> answer : running) {
                    answers.add(answer.get());
                }
            }
            assertThat(answers).filteredOn(answer -> answer.status() == 201).hasSize(1);
            assertThat(answers).filteredOn(answer -> answer.status() == 200).hasSize(7);
            assertThat(answers).extracting(a -> a.json().path("enqueuedAt").asString()).containsOnly(
                    answers.getFirst().json().path("enqueuedAt").asString());
            assertThat(queue.receive(10)).hasSize(1);
            assertThat(queue.stats().path("duplicates").asInt()).isEqualTo(7);
        }
    }

    @Test
    void the_same_id_within_a_batch_is_stored_once() {
        QueueClient queue = http.queue();
        JsonNode results = queue.sendBatch(
                        "{\"body\": \"x\", \"id\": \"a\"}, {\"body\": \"x\", \"id\": \"b\"}, {\"body\": \"x\", \"id\":"
                                + " \"a\"},{\"body\": \"y\", \"id\": \"a\"}")
                .expect(200)
                .json()
                .path("results");
        assertThat(results.path(0).path("status").asString()).isEqualTo("accepted");
        assertThat(results.path(1).path("status").asString()).isEqualTo("accepted");
        assertThat(results.path(2).path("status").asString()).isEqualTo("duplicate");
        assertThat(results.path(3).path("code").asString()).isEqualTo("ID_REUSED");
        assertThat(queue.receive(10)).hasSize(2);
    }

    @Test
    void an_id_is_remembered_after_its_message_was_acked() {
        QueueClient queue = http.queue();
        Http.Answer first = queue.send("{\"body\": \"x\", \"id\": \"a\"}").expect(201);
        http.get(queue.path() + "/processed/a").expect(404);
        queue.ack(queue.receiveOne());

        Http.Answer again = queue.send("{\"body\": \"x\", \"id\": \"a\"}").expect(200);

        assertThat(again.json().path("status").asString()).isEqualTo("duplicate");
        assertThat(again.json().path("visibleAt")).isEqualTo(first.json().path("visibleAt"));
        assertThat(queue.receive(1)).isEmpty();
        assertThat(http.get(queue.path() + "/processed/a")
                        .expect(200)
                        .json()
                        .path("processedAt")
                        .asString())
                .isNotEmpty();
    }

    @Test
    void another_body_with_the_same_id_is_refused() {
        QueueClient queue = http.queue();
        queue.send("{\"body\": \"x\", \"id\": \"a\"}").expect(201);
        assertThat(queue.send("{\"body\": \"y\", \"id\": \"a\"}").expect(422).code()).isEqualTo("ID_REUSED");
        assertThat(queue.send("{\"bodyBase64\": \"eA==\", \"id\": \"a\"}").expect(422).code()).isEqualTo("ID_REUSED");
        assertThat(queue.receive(10)).hasSize(1);
        assertThat(queue.stats().path("sendErrors").isNumber()).isTrue();
    }

    @Test
    void a_send_whose_answer_was_cut_and_that_is_repeated_is_stored_once() throws Exception {
        QueueClient queue = http.queue();
        URI base = URI.create(http.base());
        String body = "{\"body\": \"x\", \"id\": \"a\"}";
        for (int pauseMillis : new int[] {0, 1, 5, 50}) {
            try (Socket socket = new Socket(base.getHost(), base.getPort())) {
                socket.getOutputStream()
                        .write(("POST " + queue.path() + "/messages HTTP/1.1\r\nHost: localhost\r\n"
                                        + "Content-Type: application/json\r\nContent-Length: " + body.length()
                                        + "\r\n\r\n" + body)
                                .getBytes(StandardCharsets.US_ASCII));
                Thread.sleep(pauseMillis);
            }
        }
        assertThat(queue.send(body).status()).isIn(200, 201);
        Thread.sleep(200);
        assertThat(queue.receive(10)).hasSize(1);
        assertThat(queue.stats().path("sent").asInt()).isEqualTo(1);
        assertThat(queue.stats().path("duplicates").asInt()).as("sends that were cut and counted").isPositive();
    }

    @Test
    void ids_are_each_queues_own() {
        http.queue().send("{\"body\": \"x\", \"id\": \"a\"}").expect(201);
        http.queue().send("{\"body\": \"y\", \"id\": \"a\"}").expect(201);
    }
}
