package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Collections;
import java.util.List;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

/** The export of a queue as lines of JSON, and its import into another. */
class ExportTest {

    static Http.Answer load(QueueClient queue, String lines) {
        return queue.http().send(queue.http()
                .request(queue.path() + "/import")
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofString(lines)));
    }

    static String export(QueueClient queue) {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(
                    queue.http().request(queue.path() + "/export").build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("Content-Type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("application/x-ndjson"));
            return response.body();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException stop) {
            throw new AssertionError(stop);
        }
    }

    @ParameterizedTest
    @EnumSource(TestDatabase.class)
    void everything_is_exported_without_a_change_and_can_be_imported(TestDatabase database) {
        Http http = database.service().http();
        QueueClient queue = http.queue("{\"maxDeliveries\": 1}");
        queue.sendBatch("{\"body\": \"dead\", \"id\": \"d\"}").expect(200);
        assertThat(queue.nack(queue.receiveOne())).isEqualTo("dead");
        queue.sendBatch("{\"body\": {\"n\":12345678901234567890.10}, \"id\": \"x\", \"metadata\": {\"k\": \"ä\\n\"}}")
                .expect(200);
        queue.receiveOne();
        queue.sendBatch("{\"body\": \"later\", \"delay\": \"1h\"}, {\"bodyBase64\": \"AP+A\"}").expect(200);
        queue.sendBatch(String.join(",", Collections.nCopies(900, "{\"body\": \"many\"}"))).expect(200);
        queue.sendBatch(String.join(",", Collections.nCopies(900, "{\"body\": \"many\"}"))).expect(200);
        JsonNode before = queue.stats();
        String lines = export(queue);
        assertThat(queue.stats().path("received")).isEqualTo(before.path("received"));
        assertThat(lines.lines()).hasSize(1804).first().asString().contains("\"state\":\"delayed\"", "\"later\"");
        assertThat(lines).contains("{\"n\":12345678901234567890.10}", "\"state\":\"inFlight\"", "\"state\":\"dead\"");

        QueueClient other = http.queue();
        JsonNode result = load(other, lines).expect(200).json();
        assertThat(result.toString()).isEqualTo(
                "{\"lines\":1804,\"accepted\":1803,\"duplicates\":0,\"skipped\":1,\"rejected\":0,\"errors\":[]}");
        assertThat(other.stats().path("delayed").asInt()).isEqualTo(1);
        assertThat(other.stats().path("ready").asInt()).isEqualTo(1802);
        assertThat(export(other)).contains("{\"n\":12345678901234567890.10}", "\"AP+A\"", "\"k\":\"ä\\n\"");
        assertThat(load(other, lines.lines().filter(line -> line.contains("\"id\":\"x\"")).findFirst().orElseThrow())
                .expect(200).json().path("duplicates").asInt()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(TestDatabase.class)
    void a_wrong_line_is_named_and_does_not_stop_the_others(TestDatabase database) {
        QueueClient queue = database.service().http().queue();
        JsonNode result = load(queue, """
                {"body": "a"}

                {"body": "b"
                {"body": ""}
                {"body": "c", "state": "ready", "deliveries": 3, "enqueuedAt": "2026-01-01T00:00:00Z"}
                {"boddy": "d"}""").expect(200).json();
        assertThat(result.path("accepted").asInt()).isEqualTo(2);
        assertThat(result.path("rejected").asInt()).isEqualTo(3);
        assertThat(Http.list(result.path("errors"))).extracting(error -> error.path("line").asInt() + " "
                + error.path("code").asString()).containsExactly("3 MALFORMED_JSON", "4 EMPTY_BODY", "6 UNKNOWN_FIELD");
        assertThat(queue.receive(10)).extracting(QueueClient::body).isEqualTo(List.of("a", "c"));
        queue.http().post(queue.path() + "/import", "{\"body\": \"a\"}").expect(415);
        assertThat(queue.http().get("/v1/queues/nowhere/export").expect(404).code()).isEqualTo("QUEUE_NOT_FOUND");
    }
}
