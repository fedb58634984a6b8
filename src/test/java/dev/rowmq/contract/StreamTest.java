package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.FanoutService;
import dev.rowmq.queue.stream.StreamSubscriber;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ParameterizedClass
@EnumSource(TestDatabase.class)
class StreamTest {

    private static final JsonMapper JSON = new JsonMapper();

    private final TestDatabase database;
    private final Http http;

    StreamTest(TestDatabase database) {
        this.database = database;
        this.http = database.service().http();
    }

    private record Event(String name, String id, JsonNode data, String text) {

        String body() {
            return data.path("body").asString();
        }
    }

    /** A minimal client of Server-Sent Events. */
    private static final class Watcher implements AutoCloseable {

        private static final HttpClient CLIENT = HttpClient.newHttpClient();

        private final InputStream stream;
        private final BufferedReader lines;
        private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

        Watcher(QueueClient queue, String lastEventId) {
            HttpRequest.Builder request =
                    queue.http().request(queue.path() + "/stream").header("Accept", "text/event-stream");
            if (lastEventId != null) {
                request.header("Last-Event-ID", lastEventId);
            }
            try {
                HttpResponse<InputStream> response =
                        CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
                stream = response.body();
                assertThat(response.statusCode()).isEqualTo(200);
                assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(stop);
            }
            lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
            assertThat(read().name()).isEqualTo("ready");
        }

        static Watcher begin(QueueClient queue) {
            return new Watcher(queue, null).reading();
        }

        Watcher reading() {
            Thread.ofVirtual().start(() -> {
                for (Event event = read(); event != null; event = read()) {
                    events.add(event);
                }
                events.add(new Event("end", null, null, null));
            });
            return this;
        }

        private Event read() {
            try {
                String name = null;
                String id = null;
                StringBuilder data = new StringBuilder();
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.isEmpty() && name != null) {
                        return new Event(name, id, JSON.readTree(data.toString()), data.toString());
                    }
                    int colon = line.indexOf(": ");
                    switch (colon < 0 ? "" : line.substring(0, colon)) {
                        case "event" -> name = line.substring(colon + 2);
                        case "id" -> id = line.substring(colon + 2);
                        case "data" -> data.append(line.substring(colon + 2));
                        default -> {}
                    }
                }
                return null;
            } catch (IOException closed) {
                return null;
            }
        }

        Event next() {
            try {
                Event event = events.poll(10, TimeUnit.SECONDS);
                assertThat(event).as("an event within 10 s").isNotNull();
                return event;
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(stop);
            }
        }

        @Override
        public void close() {
            try {
                stream.close();
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
        }
    }

    @Test
    void a_copy_has_the_body_as_it_was_sent() {
        QueueClient queue = http.queue();
        try (Watcher watcher = Watcher.begin(queue)) {
            queue.send("{\"body\": " + JsonBodyTest.NUMBERS + "}").expect(201);
            assertThat(watcher.next().text()).contains("\"body\":" + JsonBodyTest.NUMBERS + ",");
        }
    }

    @Test
    void every_subscriber_sees_a_copy_of_what_is_sent_from_now_on_and_consumes_nothing() {
        QueueClient queue = http.queue();
        queue.sendText("before");
        try (Watcher one = Watcher.begin(queue);
                Watcher other = Watcher.begin(queue)) {
            queue.send("{\"body\": {\"n\": 1}, \"id\": \"a\", \"metadata\": {\"k\": \"v\"}}").expect(201);
            queue.send("{\"body\": {\"n\": 1}, \"id\": \"a\"}").expect(200);
            queue.sendBatch("{\"body\": \"second\"}, {\"bodyBase64\": \"AAE=\", \"delay\": \"1h\"}").expect(200);
            for (Watcher watcher : List.of(one, other)) {
                Event first = watcher.next();
                assertThat(first.name()).isEqualTo("message");
                assertThat(first.data().path("id").asString()).isEqualTo("a");
                assertThat(first.data().path("body").path("n").asInt()).isEqualTo(1);
                assertThat(first.data().path("metadata").path("k").asString()).isEqualTo("v");
                assertThat(watcher.next().body()).as("a duplicate is no message").isEqualTo("second");
                assertThat(watcher.next().data().path("bodyBase64").asString()).isEqualTo("AAE=");
            }
        }
        assertThat(queue.receive(10)).hasSize(3);
    }

    @Test
    void after_a_reconnect_what_is_still_there_comes_first_and_nothing_twice() {
        QueueClient queue = http.queue("{\"priorities\": 2}");
        String last;
        try (Watcher watcher = Watcher.begin(queue)) {
            queue.sendText("one");
            last = watcher.next().id();
        }
        queue.send("{\"body\": \"two\", \"priority\": 1}").expect(201);
        queue.send("{\"body\": \"three\", \"priority\": 0}").expect(201);
        queue.send("{\"body\": \"four\", \"delay\": \"1h\"}").expect(201);
        try (Watcher again = new Watcher(queue, last).reading()) {
            queue.sendText("five");
            assertThat(List.of(again.next().body(), again.next().body(), again.next().body(), again.next().body()))
                    .containsExactly("two", "three", "four", "five");
        }
    }

    @Test
    void a_slow_one_is_told_what_it_lost_and_nobody_else_is_slowed() {
        QueueClient queue = http.queue();
        String large = "{\"body\": \"" + "x".repeat(200_000) + "\"}";
        try (Watcher slow = new Watcher(queue, null);
                Watcher quick = Watcher.begin(queue)) {
            // a queue in memory accepts messages faster than any subscriber can read them
            for (int i = 0; i < 80; i++) {
                if (i % 10 == 0) {
                    queue.sendBatch(String.join(",", Collections.nCopies(10, large))).expect(200);
                }
                assertThat(quick.next().name()).isEqualTo("message");
            }
            slow.reading();
            List<Event> seen = new ArrayList<>();
            long lost = 0;
            while (seen.size() + lost < 80) {
                Event event = slow.next();
                assertThat(event.name()).isIn("message", "dropped");
                if (event.name().equals("dropped")) {
                    lost += event.data().path("messages").asLong();
                } else {
                    seen.add(event);
                }
            }
            assertThat(lost).isPositive();
            assertThat(seen.size() + lost).isEqualTo(80);
        }
    }

    @Test
    void a_long_absence_loses_nothing_that_is_still_there() {
        QueueClient queue = http.queue();
        String last;
        try (Watcher watcher = Watcher.begin(queue)) {
            queue.sendText("first");
            last = watcher.next().id();
        }
        for (int i = 0; i < 12; i++) {
            queue.sendBatch(String.join(",", Collections.nCopies(100, "{\"body\": \"m\"}"))).expect(200);
        }
        try (Watcher again = new Watcher(queue, last).reading()) {
            for (int i = 0; i < 1200; i++) {
                assertThat(again.next().body()).isEqualTo("m");
            }
            queue.sendText("last");
            assertThat(again.next().body()).isEqualTo("last");
        }
    }

    @Test
    void what_a_slow_one_lost_is_told_where_it_was_lost() throws InterruptedException {
        try (RunningService service = new RunningService(database.freshUrl(), "rowmq.stream.buffer=1")) {
            QueueClient queue = service.http().queue();
            try (StreamSubscriber subscriber = service.bean(FanoutService.class).subscribe(queue.name())) {
                queue.sendText("one");
                queue.sendText("two");
                queue.sendText("three");
                Eventually.within(Duration.ofSeconds(5), "offered", subscriber::more);
                assertThat(subscriber.next()).isInstanceOf(StreamSubscriber.Event.MessageEvent.class);
                queue.sendText("four");
                assertThat(subscriber.next()).isEqualTo(new StreamSubscriber.Event.DroppedEvent(2));
                assertThat(((StreamSubscriber.Event.MessageEvent) subscriber.next())
                                .copy()
                                .body()
                                .bytes())
                        .asString()
                        .isEqualTo("four");
            }
        }
    }

    @Test
    void asking_for_the_headers_takes_no_place() {
        try (RunningService service = new RunningService(database.freshUrl(), "rowmq.stream.subscribers=1")) {
            QueueClient queue = service.http().queue();
            for (int i = 0; i < 3; i++) {
                assertThat(service.http().call("HEAD", queue.path() + "/stream", null).status()).isEqualTo(200);
            }
            Watcher.begin(queue).close();
        }
    }

    @Test
    void it_ends_with_the_queue_and_begins_with_a_clear_no() {
        QueueClient queue = http.queue();
        try (Watcher watcher = Watcher.begin(queue)) {
            http.delete(queue.path()).expect(204);
            assertThat(watcher.next().name()).isEqualTo("end");
        }
        assertThat(http.get(queue.path() + "/stream").expect(404).code()).isEqualTo("QUEUE_NOT_FOUND");
        QueueClient other = http.queue();
        assertThat(http.send(http.request(other.path() + "/stream")
                                .header("Last-Event-ID", "x'; --")
                                .GET())
                        .expect(400)
                        .code())
                .isEqualTo("INVALID_REQUEST");
    }

    @Test
    void there_are_no_more_subscribers_than_allowed_and_a_stop_ends_them_at_once() {
        RunningService service = new RunningService(
                database.freshUrl(), "rowmq.stream.subscribers=1", "rowmq.stream.heartbeat=1s");
        QueueClient queue = service.http().queue();
        Watcher watcher = Watcher.begin(queue);
        Http.Answer refused = service.http().get(queue.path() + "/stream").expect(503);
        assertThat(refused.code()).isEqualTo("OVERLOADED");
        watcher.close();
        Eventually.within(Duration.ofSeconds(10), "the place is free again", () -> {
            try (Watcher next = Watcher.begin(queue)) {
                return true;
            } catch (AssertionError stillTaken) {
                return false;
            }
        });
        Eventually.within(Duration.ofSeconds(10), "free once more", () -> {
            try {
                Watcher.begin(queue);
                return true;
            } catch (AssertionError stillTaken) {
                return false;
            }
        });
        long begin = System.nanoTime();
        service.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void what_is_sent_through_one_instance_is_seen_on_another() {
        if (database != TestDatabase.POSTGRESQL) {
            return; // one process per file
        }
        try (RunningService other = new RunningService(database.service().databaseUrl())) {
            QueueClient here = http.queue();
            QueueClient there = new QueueClient(other.http(), here.name());
            // until the instances have detected each other
            Eventually.within(
                    Duration.ofSeconds(10),
                    "they know of each other",
                    () -> other.bean(dev.rowmq.store.cluster.InstanceNotifier.class).othersListen()
                            && database.service().bean(dev.rowmq.store.cluster.InstanceNotifier.class).othersListen());
            try (Watcher watcher = Watcher.begin(here)) {
                for (int i = 0; i < 300; i++) {
                    (i % 2 == 0 ? there : here).sendText("m" + i);
                    there.receive(10).forEach(there::ack);
                }
                List<String> seen = new ArrayList<>();
                for (int i = 0; i < 300; i++) {
                    seen.add(watcher.next().body());
                }
                assertThat(seen).doesNotHaveDuplicates().hasSize(300);
                assertThat(seen.stream()
                                .filter(body -> Integer.parseInt(body.substring(1)) % 2 == 0)
                                .toList())
                        .as("in the order of sending through one instance")
                        .isSortedAccordingTo(
                                java.util.Comparator.comparing(body -> Integer.parseInt(body.substring(1))));
            }
        }
    }
}
