package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Settings that are changed on the condition that they are as the caller has seen them: ETag, If-Match, 412. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
class VersionsTest {

    private final Http http;

    VersionsTest(TestDatabase database) {
        this.http = database.service().http();
    }

    private Http.Answer put(String path, String body, String header, String value) {
        return http.withHeader(header, value).put(path, body);
    }

    private static String tag(Http.Answer answer) {
        return answer.header("ETag").orElseThrow();
    }

    @Test
    void the_second_of_two_operators_is_refused_and_changes_nothing() {
        QueueClient queue = http.queue();
        String seen = tag(http.get(queue.path()).expect(200));
        Http.Answer first = put(queue.path(), "{\"maxDeliveries\": 7}", "If-Match", seen).expect(200);
        Http.Answer second = put(queue.path(), "{\"maxDeliveries\": 8}", "If-Match", seen).expect(412);
        assertThat(second.json().path("code").asString()).isEqualTo("PRECONDITION_FAILED");
        assertThat(second.json().path("detail").asString()).contains(seen).contains(tag(first));
        Http.Answer now = http.get(queue.path()).expect(200);
        assertThat(now.json().path("settings").path("maxDeliveries").asInt()).isEqualTo(7);
        assertThat(tag(now)).isEqualTo(tag(first)).isNotEqualTo(seen);
        put(queue.path(), "{\"maxDeliveries\": 8}", "If-Match", "\"x\", " + tag(first)).expect(200);
        put(queue.path(), "{\"maxDeliveries\": 9}", "If-Match", "*").expect(200);
        http.put(queue.path(), "{\"maxDeliveries\": 10}").expect(200);
    }

    @Test
    void one_of_many_changes_at_once_wins() throws Exception {
        QueueClient queue = http.queue();
        String seen = tag(http.get(queue.path()).expect(200));
        List<Future<Integer>> running = new ArrayList<>();
        try (ExecutorService operators = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                String change = "{\"maxDeliveries\": " + (20 + i) + "}";
                running.add(operators.submit(() -> put(queue.path(), change, "If-Match", seen).status()));
            }
        }
        List<Integer> statuses = new ArrayList<>();
        for (Future<Integer> one : running) {
            statuses.add(one.get());
        }
        assertThat(statuses).containsOnlyOnce(200).containsOnly(200, 412);
    }

    @Test
    void the_version_does_not_change_with_figures_and_a_read_always_has_a_body() {
        QueueClient queue = http.queue();
        String seen = tag(http.get(queue.path()).expect(200));
        queue.sendText("x");
        Http.Answer again = http.withHeader("If-None-Match", seen).get(queue.path()).expect(200);
        assertThat(tag(again)).isEqualTo(seen);
        assertThat(again.json().path("stats").path("ready").asInt()).isEqualTo(1);
        assertThat(again.json().path("stats").path("backlog").asInt()).isEqualTo(1);
    }

    @Test
    void a_queue_that_must_exist_or_must_not() {
        String path = http.queue().path();
        put(path, "{}", "If-None-Match", "*").expect(412);
        // the weak comparison of RFC 9110, section 13.1.2
        put(path, "{}", "If-None-Match", "W/" + tag(http.get(path))).expect(412);
        put(path + "-new", "{}", "If-Match", "*").expect(412);
        http.get(path + "-new").expect(404);
        put(path + "-new", "{}", "If-None-Match", "*").expect(201);
    }

    @Test
    void topics_and_subscriptions_have_versions_too() {
        QueueClient queue = http.queue();
        String topic = "/v1/topics/t" + System.nanoTime();
        String bound = "{\"bindings\": [{\"queue\": \"%s\", \"filter\": {\"b\": [\"1\"], \"a\": [\"2\"]}}]}"
                .formatted(queue.name());
        String first = tag(http.put(topic, bound).expect(201));
        assertThat(tag(http.get(topic).expect(200))).isEqualTo(first);
        put(topic, "{\"bindings\": []}", "If-Match", "\"other\"").expect(412);
        put(topic, "{\"bindings\": []}", "If-Match", first).expect(200);
        put(topic, bound, "If-Match", first).expect(412);
        put(topic + "-none", bound, "If-Match", first).expect(412);

        String path = queue.path() + "/subscriptions/s";
        String url = "{\"url\": \"https://example.com/%s\"}";
        put(path, url.formatted("a"), "If-Match", "*").expect(412);
        http.get(path).expect(404);
    }
}
