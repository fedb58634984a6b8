package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.support.Http;
import dev.rowmq.support.RawHttp;
import dev.rowmq.support.TestDatabase;

import java.util.Arrays;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;

/** The type of a problem leads to a description of its code. */
class ErrorCodesTest {

    private final Http http = TestDatabase.H2.service().http();

    @Test
    void the_type_of_a_problem_leads_to_its_description() {
        JsonNode problem = http.get("/v1/queues/none-" + System.nanoTime()).expect(404).json();
        JsonNode description = http.get(problem.path("type").asString()).expect(200).json();
        assertThat(description.path("code")).isEqualTo(problem.path("code"));
        assertThat(description.path("status")).isEqualTo(problem.path("status"));
        assertThat(description.path("meaning").asString()).contains("PUT /v1/queues/");
    }

    @Test
    void a_refusal_before_the_request_is_read_has_a_type_too() throws Exception {
        try (RawHttp raw = new RawHttp(http)) {
            raw.write("GET /v1/queues HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json;charset=\r\n\r\n");
            assertThat(raw.read()).contains("\"type\":\"/errors/");
        }
    }

    @Test
    void every_code_has_a_description() {
        JsonNode all = http.get("/errors").expect(200).json().path("items");
        assertThat(Http.list(all))
                .extracting(one -> one.path("code").asString())
                .containsExactlyElementsOf(
                        Arrays.stream(ErrorCode.values()).map(Enum::name).toList());
        assertThat(Http.list(all)).allSatisfy(
                one -> assertThat(one.path("meaning").asString()).hasSizeGreaterThan(20));
        assertThat(http.get("/errors/NONE").expect(404).code()).isEqualTo("NOT_FOUND");
    }
}
