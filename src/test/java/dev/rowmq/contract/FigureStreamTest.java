package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The figures: a snapshot, a stream, their course, sorted lists, and what they mean. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
class FigureStreamTest {

    private static final JsonMapper JSON = new JsonMapper();

    private final Http http;

    FigureStreamTest(TestDatabase database) {
        this.http = database.service().http();
    }

    private JsonNode figures(QueueClient queue) {
        return http.get("/v1/figures?queue=" + queue.name()).expect(200).json().path("queues").path(0);
    }

    @Test
    void a_stream_has_each_snapshot_with_the_queues_that_changed() throws Exception {
        QueueClient busy = http.queue();
        QueueClient idle = http.queue();
        Eventually.within(Duration.ofSeconds(10), "both are read", () ->
                figures(busy).has("ready") && figures(idle).has("ready"));
        String path = "/v1/figures/stream?queue=" + busy.name() + "," + idle.name();
        HttpRequest request = HttpRequest.newBuilder(URI.create(http.base() + path)).build();
        try (HttpClient client = HttpClient.newHttpClient();
                InputStream in = client.send(request, HttpResponse.BodyHandlers.ofInputStream()).body();
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            JsonNode first = next(lines);
            assertThat(names(first.path("queues"))).containsExactlyInAnyOrder(busy.name(), idle.name());
            busy.sendText("x");
            JsonNode changed = next(lines);
            while (changed.path("queues").isEmpty()) {
                changed = next(lines);
            }
            assertThat(names(changed.path("queues"))).containsExactly(busy.name());
            assertThat(changed.path("queues").get(0).path("ready").asInt()).isEqualTo(1);
            assertThat(changed.path("totals").path("queues").asInt()).isGreaterThan(1);
            client.shutdownNow();
        }
    }

    private static JsonNode next(BufferedReader lines) throws Exception {
        String line = lines.readLine();
        while (!line.startsWith("data: ")) {
            line = lines.readLine();
        }
        return JSON.readTree(line.substring("data: ".length()));
    }

    private static List<String> names(JsonNode items) {
        return Http.list(items).stream().map(item -> item.path("name").asString()).toList();
    }

    @Test
    void rates_ages_and_their_course_follow_what_happens() {
        QueueClient queue = http.queue();
        queue.sendText("x");
        queue.sendText("y");
        queue.ack(queue.receiveOne());
        Eventually.within(Duration.ofSeconds(10), "rates", () ->
                figures(queue).path("sentPerSecond").asDouble() > 0
                        && figures(queue).path("ackedPerSecond").asDouble() > 0);
        Eventually.within(Duration.ofSeconds(10), "an age", () ->
                figures(queue).path("oldestAge").asString("").matches("[1-9].*s"));
        Eventually.within(Duration.ofSeconds(10), "a course", () -> {
            JsonNode series = http.get("/v1/figures/series?queue=" + queue.name()).expect(200).json();
            int last = series.path("times").size() - 1;
            return last >= 0 && series.path("ready").path(last).asInt() == 1;
        });
        assertThat(http.get("/v1/figures/series?range=24h").expect(200).json().path("ready").size()).isPositive();
        http.get("/v1/figures/series?queue=none").expect(404);
        assertThat(http.get("/v1/figures/series?range=1h").code()).isEqualTo("OUT_OF_RANGE");
        assertThat(http.get("/v1/figures?queue=a%20b").code()).isEqualTo("INVALID_QUEUE_NAME");
    }

    @Test
    void the_list_of_queues_is_filtered_sorted_and_paged() {
        String prefix = http.queue().name() + "-Sorted-";
        int[] ready = {3, 0, 5, 3, 1};
        for (int i = 0; i < ready.length; i++) {
            String name = prefix + i;
            http.put("/v1/queues/" + name, http.isInMemory() ? "{\"storage\": \"memory\"}" : "{}").expect(201);
            for (int n = 0; n < ready[i]; n++) {
                new QueueClient(http, name).sendText("x");
            }
        }
        String filter = "filter=" + prefix.toLowerCase() + "&limit=2";
        assertThat(sorted(filter + "&sort=-ready")).containsExactly("2", "0", "3", "4", "1");
        assertThat(sorted(filter + "&sort=ready")).containsExactly("1", "4", "0", "3", "2");
        assertThat(sorted(filter)).containsExactly("0", "1", "2", "3", "4");
        assertThat(sorted(filter + "&sort=-name")).containsExactly("4", "3", "2", "1", "0");
        for (String key : List.of("delayed", "inFlight", "dead")) {
            assertThat(sorted(filter + "&sort=" + key)).containsExactlyInAnyOrder("0", "1", "2", "3", "4");
        }
        // these change from one page to the next as time passes
        String onePage = "filter=" + prefix + "&limit=5&sort=";
        for (String key : List.of("-oldestAge", "sentPerSecond", "-ackedPerSecond")) {
            assertThat(sorted(onePage + key)).containsExactlyInAnyOrder("0", "1", "2", "3", "4");
        }
        assertThat(http.get("/v1/queues?sort=size").code()).isEqualTo("OUT_OF_RANGE");
        assertThat(http.get("/v1/queues?filter=" + "x".repeat(81)).code()).isEqualTo("OUT_OF_RANGE");
        String cursor = http.get("/v1/queues?" + filter + "&sort=-ready").json().path("nextCursor").asString();
        assertThat(http.get("/v1/queues?" + filter + "&sort=ready&cursor=" + cursor).code())
                .as("a cursor of another list").isEqualTo("INVALID_REQUEST");
    }

    private List<String> sorted(String query) {
        List<String> names = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = http.get("/v1/queues?" + query + cursor).expect(200).json();
            names.addAll(names(page.path("items")));
            cursor = page.path("nextCursor").isNull() ? "" : "&cursor=" + page.path("nextCursor").asString();
        } while (!cursor.isEmpty());
        return names.stream().map(name -> name.substring(name.lastIndexOf('-') + 1)).toList();
    }

    private List<String> reasons(QueueClient queue) {
        return Http.list(http.get(queue.path() + "/diagnosis").expect(200).json().path("reasons")).stream()
                .map(reason -> reason.path("kind").asString() + ": " + reason.path("text").asString())
                .toList();
    }

    @Test
    void a_diagnosis_names_what_holds_a_queue_up() {
        QueueClient queue = http.queue("{\"maxMessages\": 2}");
        assertThat(reasons(queue)).isEmpty();
        queue.send("{\"body\": \"later\", \"delay\": \"1h\"}").expect(201);
        assertThat(reasons(queue)).singleElement().asString()
                .matches("nothing-received: A delayed message becomes visible in (59|60) min\\.");
        queue.sendText("x");
        assertThat(reasons(queue)).containsExactly(
                "nearly-full: The queue is full: sends are refused until messages are acked.");
        queue.receiveOne();
        assertThat(reasons(queue)).contains(
                "nothing-received: Nothing is ready; 1 message in flight.");
        http.post(queue.path() + "/pause", null).expect(200);
        assertThat(reasons(queue)).contains("paused: The queue is paused: receivers get nothing.");
        QueueClient limited = http.queue("{\"sendRate\": {\"messagesPerSecond\": 1}}");
        limited.sendText("x");
        limited.send("{\"body\": \"x\"}").expect(429);
        Eventually.within(Duration.ofSeconds(10), "the refused send is counted", () -> reasons(limited).contains(
                "sends-limited: Sends are limited to 1 message a second; 1 was refused just now."));
        Eventually.within(Duration.ofSeconds(10), "it needs attention", () ->
                Stream.of("paused", "nearly-full").allMatch(kind -> Http.list(
                                http.get("/v1/figures").json().path("attention")).stream()
                        .anyMatch(item -> item.path("queue").asString("").equals(queue.name())
                                && item.path("kind").asString().equals(kind))));
    }
}
