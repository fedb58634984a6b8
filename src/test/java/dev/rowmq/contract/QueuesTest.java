package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.maintenance.Retention;
import dev.rowmq.queue.maintenance.TableCleanUp;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;

import tools.jackson.databind.JsonNode;

@ParameterizedClass
@EnumSource(TestDatabase.class)
class QueuesTest {

    private final TestDatabase database;
    private final Http http;
    private final JdbcTemplate jdbc;

    QueuesTest(TestDatabase database) {
        this.database = database;
        this.http = database.service().http();
        this.jdbc = database.service().bean(JdbcTemplate.class);
    }

    @Test
    void settings_have_their_defaults_and_a_field_left_out_keeps_its_value() {
        QueueClient queue = http.queue();
        JsonNode settings = http.get(queue.path()).expect(200).json().path("settings");
        assertThat(settings.toString())
                .isEqualTo("{\"visibilityTimeout\":\"30s\",\"maxDeliveries\":5,"
                               + "\"retry\":{\"initial\":\"0s\",\"multiplier\":2.0,\"max\":\"15m\"},"
                               + "\"delay\":\"0s\",\"retention\":\"4d\","
                               + "\"deadLetterExpired\":false,\"deadLetterQueue\":null,"
                               + "\"deadLetterRetention\":\"14d\",\"priorities\":1,"
                               + "\"processedRetention\":\"30d\",\"maxMessages\":0,\"maxMessageSize\":\"1MB\""
                        + (database == TestDatabase.MEMORY ? ",\"storage\":\"memory\"}" : "}"));

        http.put(
                        queue.path(),
                        "{\"maxDeliveries\": 7, \"retry\": {\"initial\": \"PT1M30S\"}, \"maxMessageSize\": 2048}")
                .expect(200);
        JsonNode changed = http.put(queue.path(), "{\"delay\": \"1500ms\"}").expect(200).json().path("settings");

        assertThat(changed.path("maxDeliveries").asInt()).isEqualTo(7);
        assertThat(changed.path("retry").path("initial").asString()).isEqualTo("90s");
        assertThat(changed.path("retry").path("max").asString()).isEqualTo("15m");
        assertThat(changed.path("maxMessageSize").asString()).isEqualTo("2KB");
        assertThat(changed.path("delay").asString()).isEqualTo("1500ms");
    }

    @Test
    void queues_are_listed_in_pages_with_their_counts() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            names.add(http.queue().name());
        }
        new QueueClient(http, names.getFirst()).sendText("x");
        List<String> listed = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = http.get("/v1/queues?limit=2" + cursor).expect(200).json();
            for (JsonNode queue : page.path("items")) {
                listed.add(queue.path("name").asString());
                if (queue.path("name").asString().equals(names.getFirst())) {
                    assertThat(queue.path("stats").path("ready").asInt()).isEqualTo(1);
                }
            }
            cursor = page.path("nextCursor").isNull() ? null : "&cursor=" + page.path("nextCursor").asString();
        } while (cursor != null);
        assertThat(listed).containsAll(names).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void a_deleted_queue_is_gone_with_all_that_was_in_it() {
        QueueClient queue = http.queue();
        queue.send("{\"body\": \"x\", \"id\": \"a\"}").expect(201);
        queue.send("{\"body\": \"y\", \"delay\": \"1h\"}").expect(201);
        http.delete(queue.path()).expect(204);
        assertThat(http.get(queue.path()).expect(404).code()).isEqualTo("QUEUE_NOT_FOUND");
        assertThat(queue.send("{\"body\": \"x\"}").expect(404).code()).isEqualTo("QUEUE_NOT_FOUND");
        http.delete(queue.path()).expect(404);

        http.put(queue.path(), "{}").expect(201);
        assertThat(queue.receive(10)).isEmpty();
        queue.send("{\"body\": \"another\", \"id\": \"a\"}").expect(201);

        jdbc.update("update queue set deleted_at = deleted_at - interval '2' minute where deleted_at is not null");
        cleanUp();
        assertThat(jdbc.queryForObject("select count(*) from queue where deleted_at is not null", Long.class)).isZero();
        assertThat(jdbc.queryForObject(
                        "select count(*) from message where queue_id not in (select id from queue)", Long.class))
                .isZero();
        assertThat(jdbc.queryForObject(
                        "select count(*) from processed_id where queue_id not in (select id from queue)", Long.class))
                .isZero();
    }

    @Test
    void a_purge_removes_what_was_sent_before_and_nothing_else() {
        QueueClient queue = http.queue();
        queue.sendBatch(IntStream.range(0, 500).mapToObj(i -> "{\"body\": \"old\"}").collect(Collectors.joining(",")))
                .expect(200);
        queue.send("{\"body\": \"old\", \"delay\": \"1h\", \"id\": \"d\"}").expect(201);
        JsonNode leased = queue.receiveOne();

        assertThat(http.delete(queue.path() + "/messages").expect(202).json().path("messages").asInt()).isEqualTo(501);

        queue.sendText("new");
        assertThat(queue.ack(leased)).isEqualTo("gone");
        assertThat(queue.receive(10)).hasSize(1).allMatch(message -> QueueClient.body(message).equals("new"));
        assertThat(queue.stats().path("ready").asInt() + queue.stats().path("delayed").asInt()).isZero();
        assertThat(queue.stats().path("inFlight").asInt()).isEqualTo(1);
        assertThat(queue.send("{\"body\": \"old\", \"id\": \"d\"}").status()).as("the id is remembered").isEqualTo(200);
    }

    @Test
    void a_queue_with_a_limit_takes_no_more() {
        QueueClient queue = http.queue("{\"maxMessages\": 3}");
        JsonNode results = queue.sendBatch(
                        "{\"body\": \"1\"}, {\"body\": \"2\", \"delay\": \"1h\"}, {\"body\": \"3\", \"id\": \"c\"},"
                                + " {\"body\": \"4\"}")
                .expect(200)
                .json()
                .path("results");
        assertThat(results.path(2).path("status").asString()).isEqualTo("accepted");
        assertThat(results.path(3).path("code").asString()).isEqualTo("QUEUE_FULL");
        Http.Answer full = queue.send("{\"body\": \"5\"}").expect(429);
        assertThat(full.code()).isEqualTo("QUEUE_FULL");
        assertThat(full.response().headers().firstValue("Retry-After")).isPresent();
        assertThat(queue.send("{\"body\": \"3\", \"id\": \"c\"}").status())
                .as("a duplicate needs no room")
                .isEqualTo(200);
        queue.ack(queue.receiveOne());
        queue.sendText("6");
    }

    @Test
    void expired_messages_go_or_become_dead_letters_as_the_queue_says() {
        database.assumeTables();
        QueueClient plain = http.queue();
        QueueClient keeping = http.queue("{\"deadLetterExpired\": true}");
        for (QueueClient queue : List.of(plain, keeping)) {
            queue.send("{\"body\": \"x\", \"id\": \"a\"}").expect(201);
            queue.sendText("stays");
            jdbc.update(
                    "update message set expires_at = clock_timestamp() - interval '1' second where id = 'a' and"
                            + " queue_id = (select id from queue where name = ?)",
                    queue.name());
        }
        cleanUp();

        assertThat(plain.stats().path("expired").asInt()).isEqualTo(1);
        assertThat(plain.stats().path("ready").asInt()).isEqualTo(1);
        assertThat(plain.deadLetters()).isEmpty();
        assertThat(keeping.deadLetters().path(0).path("reason").asString()).isEqualTo("expired");
        assertThat(keeping.stats().path("ready").asInt()).isEqualTo(1);
        assertThat(plain.send("{\"body\": \"x\", \"id\": \"a\"}").status()).isEqualTo(200);
    }

    @Test
    void processed_ids_and_dead_letters_are_forgotten_when_their_time_is_over() {
        database.assumeTables();
        QueueClient queue = http.queue("{\"maxDeliveries\": 1}");
        queue.send("{\"body\": \"x\", \"id\": \"acked\"}").expect(201);
        queue.ack(queue.receiveOne());
        queue.send("{\"body\": \"x\", \"id\": \"dead\"}").expect(201);
        queue.nack(queue.receiveOne());
        queue.send("{\"body\": \"x\", \"id\": \"waiting\"}").expect(201);

        jdbc.update("update processed_id set forget_at = forget_at - interval '29' day");
        cleanUp();
        http.get(queue.path() + "/processed/acked").expect(200);
        jdbc.update("update processed_id set forget_at = forget_at - interval '2' day");
        jdbc.update("update dead_letter set dead_at = dead_at - interval '15' day");
        cleanUp();

        http.get(queue.path() + "/processed/acked").expect(404);
        assertThat(queue.deadLetters()).isEmpty();
        queue.send("{\"body\": \"other\", \"id\": \"acked\"}").expect(201);
        queue.send("{\"body\": \"x\", \"id\": \"dead\"}").expect(200);
        queue.send("{\"body\": \"x\", \"id\": \"waiting\"}").expect(200);
        jdbc.update("update processed_id set forget_at = forget_at - interval '31' day");
        cleanUp();
        queue.send("{\"body\": \"x\", \"id\": \"dead\"}").expect(201);
    }

    @Test
    void messages_are_looked_at_without_being_touched() {
        QueueClient queue = http.queue("{\"priorities\": 2}");
        for (int i = 0; i < 5; i++) {
            queue.send("{\"body\": \"" + i + "\", \"priority\": " + i % 2 + "}").expect(201);
        }
        queue.send("{\"body\": \"later\", \"delay\": \"1h\", \"id\": \"l\"}").expect(201);
        JsonNode leased = queue.receiveOne();
        List<String> bodies = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = http.get(queue.path() + "/messages?limit=3" + cursor).expect(200).json();
            page.path("items").forEach(item -> bodies.add(QueueClient.body(item)));
            cursor = page.path("nextCursor").isNull() ? null : "&cursor=" + page.path("nextCursor").asString();
        } while (cursor != null);
        assertThat(bodies).containsExactly("2", "4", "1", "3");
        assertThat(http.get(queue.path() + "/messages?state=inFlight").json().path("items").path(0).path("id"))
                .isEqualTo(leased.path("id"));
        assertThat(http.get(queue.path() + "/messages?state=delayed")
                        .json()
                        .path("items")
                        .path(0)
                        .path("id")
                        .asString())
                .isEqualTo("l");
        assertThat(http.get(queue.path() + "/messages/l").expect(200).json().path("state").asString())
                .isEqualTo("delayed");
        assertThat(http.get(queue.path() + "/messages/" + leased.path("id").asString())
                        .expect(200)
                        .json()
                        .path("state")
                        .asString())
                .isEqualTo("inFlight");
        assertThat(http.get(queue.path() + "/messages/none").expect(404).code()).isEqualTo("MESSAGE_NOT_FOUND");
        assertThat(http.get(queue.path() + "/messages?cursor=abc").expect(400).code()).isEqualTo("INVALID_REQUEST");
        assertThat(queue.receive(10)).hasSize(4).allMatch(message -> message.path("deliveries").asInt() == 1);
    }

    @Test
    void a_send_makes_the_queue_when_that_is_set() throws Exception {
        try (RunningService service = new RunningService(database.freshUrl(), "rowmq.queue.auto-create=true");
                ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            QueueClient queue = new QueueClient(service.http(), "new");
            List<Future<String>> sent = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                sent.add(senders.submit(() -> queue.sendText("x")));
            }
            for (Future<String> one : sent) {
                one.get();
            }
            assertThat(queue.receive(10)).hasSize(8);
            assertThat(service.http()
                            .post("/v1/queues/other/receive", "{}")
                            .expect(404)
                            .code())
                    .isEqualTo("QUEUE_NOT_FOUND");
            assertThat(service.http()
                            .get("/actuator/health")
                            .json()
                            .path("components")
                            .path("db")
                            .path("status")
                            .asString())
                    .isEqualTo("UP");
        }
    }

    @Test
    void a_dead_letter_queue_must_exist_and_not_lead_back() {
        QueueClient a = http.queue();
        QueueClient b = http.queue("{\"deadLetterQueue\": \"" + a.name() + "\"}");
        assertThat(http.put(a.path(), "{\"deadLetterQueue\": \"" + b.name() + "\"}")
                        .expect(400)
                        .code())
                .isEqualTo("INVALID_REDRIVE");
        assertThat(http.put(a.path(), "{\"deadLetterQueue\": \"" + a.name() + "\"}")
                        .expect(400)
                        .code())
                .isEqualTo("INVALID_REDRIVE");
        assertThat(http.put(a.path(), "{\"deadLetterQueue\": \"nowhere\"}")
                        .expect(400)
                        .code())
                .isEqualTo("INVALID_REDRIVE");
        assertThat(http.delete(a.path()).expect(409).code()).isEqualTo("QUEUE_CONFLICT");
        http.put(b.path(), "{\"deadLetterQueue\": \"\"}").expect(200);
        http.delete(a.path()).expect(204);
    }

    @Test
    void the_figures_are_exact_at_rest() throws Exception {
        database.assumeTables();
        QueueClient queue = http.queue("{\"maxDeliveries\": 2, \"visibilityTimeout\": \"300ms\", \"priorities\": 3}");
        java.util.Random random = new java.util.Random(7);
        for (int round = 0; round < 60; round++) {
            queue.send("{\"body\": \"x\", \"priority\": " + random.nextInt(3)
                            + (random.nextInt(4) == 0 ? ", \"delay\": \"1h\"" : "")
                            + (random.nextInt(3) == 0 ? ", \"id\": \"i" + random.nextInt(40) + "\"" : "") + "}");
            for (JsonNode message : queue.receive(random.nextInt(3) + 1)) {
                switch (random.nextInt(6)) {
                    case 0 -> queue.ack(message);
                    case 1 -> queue.nack(message);
                    case 2 -> queue.settle("nack", message, ", \"delay\": \"1h\"");
                    case 3 -> queue.settle("extend", message, ", \"visibilityTimeout\": \"1h\"");
                    default -> {}
                }
            }
        }
        Eventually.within(Duration.ofSeconds(8), "counters as counted", () -> {
            JsonNode stats = queue.stats();
            int id = jdbc.queryForObject("select id from queue where name = ?", Integer.class, queue.name());
            return stats.path("ready").asLong() == count("message where lease_state <= 0 and queue_id = " + id)
                    && stats.path("inFlight").asLong() == count("message where lease_state > 0 and queue_id = " + id)
                    && stats.path("inFlight").asLong()
                            == count("message where visible_at > clock_timestamp() and queue_id = " + id)
                    && stats.path("delayed").asLong() == count("delayed_message where queue_id = " + id)
                    && stats.path("dead").asLong() == count("dead_letter where queue_id = " + id);
        });
        JsonNode stats = queue.stats();
        assertThat(stats.path("sent").asLong())
                .isEqualTo(stats.path("ready").asLong()
                        + stats.path("inFlight").asLong()
                        + stats.path("delayed").asLong()
                        + stats.path("dead").asLong()
                        + stats.path("acked").asLong());
    }

    private long count(String from) {
        return jdbc.queryForObject("select count(*) from " + from, Long.class);
    }

    private void cleanUp() {
        RunningService service = database.service();
        service.bean(Retention.class).run();
        service.bean(TableCleanUp.class).forgetIds();
        service.bean(TableCleanUp.class).removeDeletedQueues();
    }
}
