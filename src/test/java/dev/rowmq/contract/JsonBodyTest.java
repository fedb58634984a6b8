package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.net.http.HttpRequest;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A JSON body is returned with the bytes that were sent, except for blanks between its tokens, on every route for
 * sending and reading.
 */
@ParameterizedClass
@EnumSource(TestDatabase.class)
class JsonBodyTest {

    static final String NUMBERS =
            "[12345678901234567890.12,99.50,1E400,1e-400,1e5,-0.0,0,1.0,-1,100000000000000000000000]";

    @Parameter
    TestDatabase database;

    private Http http() {
        return database.service().http();
    }

    static List<String> bodies() {
        return List.of(
                NUMBERS,
                "12345678901234567890.12",
                "-0.0",
                "1e5",
                "true",
                "{\"v\":12345678901234567890.12}",
                "{\"a\":{\"b\":[{}, [ ] ,\"x\"]},\"\":\"\\u0000\\/\\\"\\\\ \\ud83d\\ude00\",\"\u00e9\":\"\ud83d\ude00 "
                        + ", : [ ]\"}",
                " { \"a\" :\t[ 1 ,\r\n 2 ] } ");
    }

    /** The body as it must be returned, without blanks between its tokens. */
    private static String compact(String body) {
        return switch (body) {
            case " { \"a\" :\t[ 1 ,\r\n 2 ] } " -> "{\"a\":[1,2]}";
            default -> body.replace("[{}, [ ] ,\"x\"]", "[{},[],\"x\"]");
        };
    }

    private static void assertBody(Http.Answer answer, String body) {
        assertThat(answer.expect(200).text()).contains("\"body\":" + compact(body) + ",\"metadata\"");
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void a_body_is_the_same_sent_alone_in_a_batch_and_through_a_topic(String body) {
        QueueClient single = http().queue();
        single.send("{\"body\": " + body + ", \"id\": \"a\"}").expect(201);
        assertThat(single.sendBatch("{\"id\": \"a\", \"body\":" + body + "}").json().path("results").path(0)
                .path("status").asString())
                .isEqualTo("duplicate");
        QueueClient batch = http().queue();
        batch.sendBatch("{\"body\":\"first\"}, {\"body\": " + body + "}").expect(200);
        batch.ack(batch.receiveOne());
        QueueClient topic = http().queue();
        http().put("/v1/topics/" + topic.name(), "{\"bindings\": [{\"queue\": \"" + topic.name() + "\"}]}").expect(201);
        http().post("/v1/topics/" + topic.name() + "/messages", "{\"metadata\": {}, \"body\": " + body + "}")
                .expect(200);

        for (QueueClient queue : List.of(single, batch, topic)) {
            assertBody(http().get(queue.path() + "/messages"), body);
            assertBody(http().post(queue.path() + "/receive", "{}"), body);
        }
    }

    @Test
    void a_body_is_the_same_in_chunks_and_with_a_charset() {
        QueueClient queue = http().queue();
        for (String type : List.of("application/json", "application/json; charset=utf-8")) {
            HttpRequest.Builder request = http().request(queue.path() + "/messages")
                    .header("Content-Type", type)
                    .POST(HttpRequest.BodyPublishers.ofByteArrays(
                            Stream.of("{\"body\":", NUMBERS, "}").map(String::getBytes).toList()));
            http().send(request).expect(201);
            assertBody(http().post(queue.path() + "/receive", "{}"), NUMBERS);
        }
    }

    @Test
    void a_body_is_the_same_as_a_dead_letter_and_after_a_redrive() {
        QueueClient queue = http().queue("{\"maxDeliveries\": 1}");
        queue.send("{\"body\": " + NUMBERS + "}").expect(201);
        assertThat(queue.nack(queue.receiveOne())).isEqualTo("dead");

        assertThat(http().get(queue.path() + "/dead-letters").text()).contains("\"body\":" + NUMBERS);
        http().post(queue.path() + "/dead-letters/redrive", "{\"all\": true}").expect(202);
        assertBody(http().post(queue.path() + "/receive", "{\"wait\": \"5s\"}"), NUMBERS);
    }

    @Test
    void duplicate_names_and_half_characters_are_refused_on_every_path_and_zeros_in_json_are_not() {
        QueueClient queue = http().queue();
        http().put("/v1/topics/" + queue.name(), "{\"bindings\": [{\"queue\": \"" + queue.name() + "\"}]}").expect(201);
        String publish = "/v1/topics/" + queue.name() + "/messages";
        for (String bad : List.of("{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":1}}")) {
            assertThat(queue.send("{\"body\": " + bad + "}").code()).isEqualTo("MALFORMED_JSON");
            assertThat(queue.sendBatch("{\"body\": " + bad + "}").code()).isEqualTo("MALFORMED_JSON");
            assertThat(http().post(publish, "{\"body\": " + bad + "}").code()).isEqualTo("MALFORMED_JSON");
        }
        for (String half : List.of("{\"a\":\"\\ud800\"}", "[\"\\udc00\\ud800\"]", "{\"\\ud83d\":1}", "\"\\ud800x\"")) {
            assertThat(queue.send("{\"body\": " + half + "}").code()).as(half).isEqualTo("MALFORMED_JSON");
            assertThat(queue.sendBatch("{\"body\": " + half + "}").text()).as(half).contains("MALFORMED_JSON");
            assertThat(http().post(publish, "{\"body\": " + half + "}").code()).as(half).isEqualTo("MALFORMED_JSON");
        }
        assertThat(queue.send("{\"body\": {\"a\":\"\\u0000\"}}").status()).isEqualTo(201);
        assertThat(queue.send("{\"body\": \"\\u0000\"}").code()).isEqualTo("INVALID_CHARACTER");
        assertThat(queue.stats().path("sent").asInt()).isEqualTo(1);
    }
}
