package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.net.http.HttpRequest;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import tools.jackson.databind.JsonNode;

/** The form in which answers with messages are sent: with a length or chunked, and always complete. */
class WholeAnswersTest {

    private final Http http = TestDatabase.H2.service().http();
    private final QueueClient queue = http.queue();

    @Test
    void a_small_answer_tells_its_length() {
        Http.Answer answer = queue.send("{\"body\": \"x\"}").expect(201);

        assertThat(answer.response().headers().firstValueAsLong("Content-Length"))
                .hasValue(answer.response().body().length);
        assertThat(answer.response().headers().firstValue("Transfer-Encoding")).isEmpty();
    }

    @Test
    void a_large_answer_goes_out_as_it_comes_and_is_whole() {
        String body = "m".repeat(300_000);
        for (int i = 0; i < 5; i++) {
            queue.sendText(body + i);
        }

        Http.Answer answer = http.post(queue.path() + "/receive", "{\"max\": 5}").expect(200);

        assertThat(answer.response().headers().firstValue("Transfer-Encoding")).hasValue("chunked");
        List<JsonNode> messages = Http.list(answer.json().path("messages"));
        assertThat(messages).extracting(message -> message.path("body").asString()).containsExactly(
                body + 0, body + 1, body + 2, body + 3, body + 4);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "none                          | application/json                | 201",
                "*/*                           | application/json                | 201",
                "application/json;q=0.5, */*   | application/json; charset=UTF-8 | 201",
                "text/html                     | application/json                | 406",
                "application/json              | text/plain                      | 415",
                "application/json              | none                            | 415"
            })
    void media_types_are_negotiated_also_where_the_plain_case_is_quicker(
            String accept, String contentType, int status) {
        HttpRequest.Builder request = http.request(queue.path() + "/messages")
                .POST(HttpRequest.BodyPublishers.ofString("{\"body\": \"x\"}"));
        if (accept != null) {
            request.header("Accept", accept);
        }
        if (contentType != null) {
            request.header("Content-Type", contentType);
        }

        assertThat(http.send(request).status()).isEqualTo(status);
        assertThat(queue.receive(10)).as("what was refused was not stored").hasSize(status == 201 ? 1 : 0);
    }

    @Test
    void a_body_that_is_the_word_null_is_no_message_but_asks_for_one() {
        assertThat(queue.send("null").status()).isEqualTo(400);
        http.post(queue.path() + "/receive", "null").expect(200);
    }
}
