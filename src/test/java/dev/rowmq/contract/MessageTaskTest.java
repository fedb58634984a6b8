package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.task.MessageTasks;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;

import tools.jackson.databind.JsonNode;

/** Changes of many messages, and of single ones. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class MessageTaskTest {

    private final TestDatabase database;
    private final Http http;

    MessageTaskTest(TestDatabase database) {
        this.database = database;
        this.http = database.service().http();
    }

    private QueueClient queue() {
        return http.queue("{\"maxDeliveries\": 1, \"retry\": {\"initial\": \"0s\"}}");
    }

    private static void send(QueueClient queue, int from, int to, String more) {
        queue.sendBatch(IntStream.range(from, to)
                        .mapToObj(i -> "{\"body\": \"text %d\", \"id\": \"m-%d\"%s}".formatted(i, i, more))
                        .collect(Collectors.joining(",")))
                .expect(200);
    }

    private static void deadLetters(QueueClient queue, int from, int to) {
        send(queue, from, to, "");
        for (JsonNode message : queue.receive(to - from)) {
            String error = "timeout of " + message.path("id").asString();
            queue.settle("nack", message, ", \"error\": \"%s\"".formatted(error));
        }
        assertThat(queue.stats().path("dead").asInt()).isEqualTo(to - from);
    }

    private static Http.Answer task(QueueClient queue, String request) {
        return queue.http().post(queue.path() + "/tasks", request);
    }

    private JsonNode ended(QueueClient queue, String request) {
        String id = task(queue, request).expect(202).json().path("id").asString();
        return ended(id);
    }

    private JsonNode ended(String id) {
        Eventually.within(Duration.ofSeconds(30), "the task ends", () -> {
            String status = http.get("/v1/tasks/" + id).expect(200).json().path("status").asString();
            return !status.matches("running|cancelling");
        });
        return http.get("/v1/tasks/" + id).json();
    }

    private static String outcome(JsonNode task) {
        return "%s %d %s".formatted(
                task.path("status").asString(), task.path("done").asInt(), task.path("failure").asString(""));
    }

    private static Set<String> ids(QueueClient queue, String state) {
        Set<String> ids = new HashSet<>();
        String cursor = "";
        do {
            JsonNode page = queue.http().get(queue.path() + "/messages?limit=1000&state=" + state + cursor).json();
            Http.list(page.path("items")).forEach(message -> ids.add(message.path("id").asString()));
            cursor = page.path("nextCursor").isNull() ? "" : "&cursor=" + page.path("nextCursor").asString();
        } while (!cursor.isEmpty());
        return ids;
    }

    private static Set<String> names(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "m-" + i).collect(Collectors.toSet());
    }

    @Test
    void a_filter_chooses_what_is_deleted() {
        QueueClient queue = queue();
        send(queue, 0, 150, ", \"metadata\": {\"type\": \"test\"}");
        send(queue, 150, 300, ", \"metadata\": {\"type\": \"real\"}");
        String filter = "\"action\": \"delete\", \"filter\": {\"metadata\": {\"type\": \"test\"}}";
        JsonNode preview = http.post(
                        queue.path() + "/tasks/preview", "{%s, \"messagesPerSecond\": 10}".formatted(filter))
                .expect(200)
                .json();
        assertThat(preview.toString()).contains("\"matched\":150,\"looked\":300,\"complete\":true")
                .contains("\"takes\":\"15s\"");
        assertThat(Http.list(preview.path("samples"))).hasSize(3);
        assertThat(ids(queue, "ready")).as("after a preview").hasSize(300);

        JsonNode task = ended(queue, "{" + filter + "}");
        assertThat(outcome(task)).isEqualTo("completed 150 ");
        assertThat(task.path("filter").toString()).isEqualTo("{\"metadata\":{\"type\":\"test\"}}");
        assertThat(http.get("/v1/audit?resource=" + queue.name()).text()).contains("delete ready, type=test");
        assertThat(task.path("looked").asInt()).isEqualTo(300);
        assertThat(ids(queue, "ready")).isEqualTo(names(150, 300));
        assertThat(queue.stats().path("ready").asInt()).isEqualTo(150);
        assertThat(queue.send("{\"body\": \"text 1\", \"id\": \"m-1\"}").json().toString())
                .as("the id of a deleted message").contains("\"first\":\"deleted\"");
        assertThat(Http.list(http.get("/v1/tasks?queue=" + queue.name()).json().path("items"))).hasSize(1);
    }

    @Test
    void conditions_of_a_filter_all_count() {
        QueueClient queue = http.queue("{\"priorities\": 2}");
        queue.send("{\"body\": {\"order\": 12345678901234567890}, \"id\": \"a\", \"priority\": 0, \"group\": \"g\"}");
        queue.send("{\"body\": \"näher\", \"id\": \"b\", \"priority\": 1}");
        queue.send("{\"bodyBase64\": \"/wAB\", \"id\": \"c\", \"priority\": 1}");
        assertThat(found(queue, "text=12345678901234567890")).containsExactly("a");
        assertThat(found(queue, "text=n%C3%A4h")).containsExactly("b");
        assertThat(found(queue, "priority=1")).containsExactly("b", "c");
        assertThat(found(queue, "group=g&priority=0")).containsExactly("a");
        assertThat(found(queue, "group=g&priority=1")).isEmpty();
        assertThat(found(queue, "olderThan=1h")).isEmpty();
        assertThat(found(queue, "olderThan=0s")).containsExactly("a", "b", "c");
        for (String wrong : List.of(
                "text=", "metadata=x", "reason=expired", "priority=x", "text=a&text=b", "olderThan=soon",
                "olderThan=4000d")) {
            assertThat(http.get(queue.path() + "/messages?" + wrong).code()).as(wrong)
                    .isIn("INVALID_REQUEST", "OUT_OF_RANGE");
        }
    }

    private List<String> found(QueueClient queue, String query) {
        JsonNode page = http.get(queue.path() + "/messages?" + query).expect(200).json();
        assertThat(page.path("looked").asInt()).isEqualTo(3);
        return Http.list(page.path("items")).stream().map(one -> one.path("id").asString()).toList();
    }

    @Test
    void pages_of_a_search_miss_and_repeat_nothing() {
        QueueClient queue = queue();
        send(queue, 0, 500, "");
        List<String> found = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = http.get(queue.path() + "/messages?text=7&limit=7" + cursor).expect(200).json();
            Http.list(page.path("items")).forEach(one -> found.add(one.path("id").asString()));
            cursor = page.path("nextCursor").isNull() ? "" : "&cursor=" + page.path("nextCursor").asString();
        } while (!cursor.isEmpty());
        assertThat(found).containsExactlyElementsOf(IntStream.range(0, 500)
                .filter(i -> Integer.toString(i).contains("7"))
                .mapToObj(i -> "m-" + i)
                .toList());
    }

    @Test
    void messages_are_moved_with_their_ids_and_in_flight_ones_stay() {
        QueueClient queue = queue();
        QueueClient other = queue();
        send(queue, 0, 20, "");
        send(queue, 20, 40, ", \"delay\": \"1h\"");
        assertThat(queue.receive(5)).hasSize(5);
        String to = ", \"destination\": \"%s\"}".formatted(other.name());
        assertThat(outcome(ended(queue, "{\"action\": \"move\", \"filter\": {\"text\": \"text\"}" + to)))
                .isEqualTo("completed 15 ");
        assertThat(outcome(ended(queue, "{\"action\": \"move\", \"state\": \"delayed\"" + to)))
                .isEqualTo("completed 20 ");
        assertThat(ids(other, "ready")).isEqualTo(names(5, 40));
        assertThat(ids(queue, "inFlight")).isEqualTo(names(0, 5));
        assertThat(queue.stats().path("delayed").asInt() + queue.stats().path("ready").asInt()).isZero();
        assertThat(other.stats().path("ready").asInt()).isEqualTo(35);
        assertThat(outcome(ended(other, "{\"action\": \"move\", \"destination\": \"%s\"}".formatted(queue.name()))))
                .as("all, as a receiver takes them").isEqualTo("completed 35 ");
        assertThat(queue.stats().path("ready").asInt()).isEqualTo(35);
    }

    @Test
    void delayed_messages_are_made_ready_and_received_at_once() {
        QueueClient queue = queue();
        send(queue, 0, 150, ", \"delay\": \"1h\"");
        assertThat(outcome(ended(queue, "{\"action\": \"make-ready\"}"))).isEqualTo("completed 150 ");
        assertThat(queue.receive("{\"max\": 200, \"wait\": \"2s\"}")).hasSize(150);
        assertThat(queue.stats().path("delayed").asInt()).isZero();
    }

    @Test
    void dead_letters_are_redriven_moved_and_deleted_by_their_error() {
        QueueClient queue = queue();
        QueueClient other = queue();
        deadLetters(queue, 0, 30);
        assertThat(outcome(ended(queue, "{\"action\": \"redrive\", \"filter\": {\"error\": \"m-1\"}}")))
                .isEqualTo("completed 11 ");
        assertThat(ids(queue, "ready")).hasSize(11).contains("m-1", "m-10");
        assertThat(outcome(ended(queue, "{\"action\": \"move\", \"state\": \"dead\", \"filter\": {\"ids\": [\"m-2\","
                + " \"m-3\", \"none\"]}, \"destination\": \"" + other.name() + "\"}"))).isEqualTo("completed 2 ");
        assertThat(ids(other, "ready")).containsExactlyInAnyOrder("m-2", "m-3");
        JsonNode letters = http.get(queue.path() + "/dead-letters?error=timeout&reason=max-deliveries").json();
        assertThat(letters.path("items").size()).isEqualTo(17);
        assertThat(outcome(ended(queue, "{\"action\": \"delete\", \"state\": \"dead\","
                + " \"filter\": {\"reason\": \"max-deliveries\"}}"))).isEqualTo("completed 17 ");
        assertThat(queue.stats().path("dead").asInt()).isZero();
    }

    @Test
    void a_canary_stops_when_what_it_redrove_dies_again_and_goes_on_when_it_does_not() throws Exception {
        QueueClient queue = queue();
        deadLetters(queue, 0, 30);
        String id = task(queue, "{\"action\": \"redrive\", \"maxDeadShare\": 0.2}").expect(202).json().path("id")
                .asString();
        JsonNode first = queue.receive("{\"wait\": \"10s\"}").getFirst();
        assertThat(queue.receive(10)).as("before the first is settled").isEmpty();
        queue.nack(first);
        assertThat(outcome(ended(id))).isEqualTo(
                "failed 1 1 of 1 redriven messages became dead letters again; allowed is a share of 0.2");
        assertThat(queue.stats().path("dead").asInt()).isEqualTo(30);

        id = task(queue, "{\"action\": \"redrive\", \"maxDeadShare\": 0.2}").expect(202).json().path("id").asString();
        int acked = 0;
        while (acked < 30) {
            List<JsonNode> messages = queue.receive("{\"max\": 100, \"wait\": \"10s\"}");
            assertThat(messages.size()).as("after " + acked).isIn(1, 10, 19);
            messages.forEach(queue::ack);
            acked += messages.size();
        }
        assertThat(outcome(ended(id))).isEqualTo("completed 30 ");
        assertThat(queue.stats().path("dead").asInt()).isZero();
    }

    @Test
    void a_task_keeps_to_its_rate_is_cancelled_and_another_can_begin() {
        QueueClient queue = queue();
        send(queue, 0, 100, "");
        String request = "{\"action\": \"delete\", \"filter\": {\"text\": \"text\"}, \"messagesPerSecond\": 5}";
        String id = task(queue, request).expect(202).json().path("id").asString();
        assertThat(task(queue, request).code()).isEqualTo("QUEUE_CONFLICT");
        Eventually.within(Duration.ofSeconds(10), "it has begun", () ->
                http.get("/v1/tasks/" + id).json().path("done").asInt() > 2);
        http.post("/v1/tasks/" + id + "/cancel", null).expect(200);
        JsonNode task = ended(id);
        assertThat(task.path("status").asString()).isEqualTo("cancelled");
        assertThat(queue.stats().path("ready").asInt()).isEqualTo(100 - task.path("done").asInt()).isGreaterThan(20);
        assertThat(http.post("/v1/tasks/" + id + "/cancel", null).expect(200).json().path("status").asString())
                .isEqualTo("cancelled");
        http.get("/v1/tasks/none").expect(404);
        assertThat(outcome(ended(queue, "{\"action\": \"delete\"}"))).startsWith("completed");
        assertThat(queue.stats().path("ready").asInt()).isZero();
    }

    @Test
    void a_task_of_an_instance_that_is_gone_goes_on_where_it_was() {
        QueueClient queue = queue();
        send(queue, 0, 300, "");
        String request = "{\"action\": \"delete\", \"filter\": {\"text\": \"text\"}, \"messagesPerSecond\": 200}";
        String id = task(queue, request).expect(202).json().path("id").asString();
        Eventually.within(Duration.ofSeconds(10), "it has begun", () ->
                http.get("/v1/tasks/" + id).json().path("done").asInt() > 20);
        // as if its instance had been killed: another run takes it over, and this one ends at its next step
        database.service().bean(JdbcTemplate.class).update(
                "update message_task set runner = 'gone', alive_at = clock_timestamp() - interval '31' second"
                        + " where id = ?", id);
        database.service().bean(MessageTasks.class).resume();
        assertThat(ended(id).path("status").asString()).isEqualTo("completed");
        assertThat(queue.stats().path("ready").asInt()).isZero();
        assertThat(ids(queue, "ready")).isEmpty();
    }

    @Test
    void single_messages_are_deleted_moved_and_made_ready() {
        QueueClient queue = queue();
        QueueClient other = queue();
        send(queue, 0, 3, "");
        send(queue, 3, 6, ", \"delay\": \"1h\"");
        String path = queue.path() + "/messages/";
        http.delete(path + "m-1").expect(204);
        http.delete(path + "m-1").expect(404);
        http.delete(path + "m-3").expect(204);
        http.post(path + "m-4/make-ready", null).expect(204);
        http.post(path + "m-4/make-ready", null).expect(204);
        http.post(path + "m-5/move", "{\"destination\": \"%s\"}".formatted(other.name())).expect(204);
        http.post(path + "m-2/move", "{\"destination\": \"%s\"}".formatted(other.name())).expect(204);
        assertThat(ids(queue, "ready")).containsExactlyInAnyOrder("m-0", "m-4");
        assertThat(ids(other, "ready")).containsExactlyInAnyOrder("m-2", "m-5");
        assertThat(queue.receive(10)).hasSize(2);
        assertThat(http.delete(path + "m-0").code()).as("in flight").isEqualTo("QUEUE_CONFLICT");
        assertThat(http.post(path + "m-0/make-ready", null).code()).isEqualTo("QUEUE_CONFLICT");
        String generated = queue.sendText("x");
        http.delete(path + generated).expect(204);
        assertThat(queue.stats().path("ready").asInt() + queue.stats().path("delayed").asInt()).isZero();
    }

    @Test
    void a_group_goes_on_after_its_head_was_deleted_or_made_ready() {
        QueueClient queue = http.queue("{\"fifo\": true, \"delay\": \"1h\"}");
        for (int i = 0; i < 5; i++) {
            queue.send("{\"body\": \"%d\", \"id\": \"%d\", \"group\": \"g\"}".formatted(i, i)).expect(201);
        }
        http.delete(queue.path() + "/messages/0").expect(204);
        http.post(queue.path() + "/messages/1/make-ready", null).expect(204);
        assertThat(outcome(ended(queue, "{\"action\": \"make-ready\"}"))).isEqualTo("completed 3 ");
        http.delete(queue.path() + "/messages/2").expect(204);
        assertThat(queue.receive("{\"max\": 10, \"wait\": \"5s\"}").stream().map(QueueClient::body))
                .containsExactly("1", "3", "4");
        QueueClient other = http.queue("{\"fifo\": true}");
        assertThat(task(queue, "{\"action\": \"move\", \"destination\": \"%s\", \"filter\": {\"text\": \"1\"}}"
                .formatted(other.name())).code()).isEqualTo("NOT_SUPPORTED");
    }

    /** A message that came from another queue may have the id of one that is there. */
    @Test
    void of_two_messages_with_one_id_the_one_that_matches_is_changed() {
        QueueClient queue = queue();
        QueueClient other = queue();
        other.send("{\"body\": \"keep\", \"id\": \"x\"}").expect(201);
        queue.send("{\"body\": \"test\", \"id\": \"x\"}").expect(201);
        String to = "{\"destination\": \"%s\"}".formatted(other.name());
        http.post(queue.path() + "/messages/x/move", to).expect(204);
        assertThat(outcome(ended(other, "{\"action\": \"delete\", \"filter\": {\"text\": \"test\"}}")))
                .isEqualTo("completed 1 ");
        assertThat(http.get(other.path() + "/messages").text()).contains("keep").doesNotContain("test");
        assertThat(other.stats().path("ready").asInt()).isEqualTo(1);
    }

    @Test
    void an_id_that_is_named_twice_is_changed_once() {
        QueueClient queue = queue();
        QueueClient other = queue();
        queue.send("{\"body\": \"x\", \"id\": \"x\"}").expect(201);
        queue.send("{\"body\": \"d\", \"id\": \"d\", \"delay\": \"1h\"}").expect(201);
        String ids = "\"filter\": {\"ids\": [\"x\", \"x\", \"d\"]}";
        assertThat(http.post(queue.path() + "/tasks/preview", "{\"action\": \"delete\", " + ids + "}").text())
                .contains("\"matched\":1,");
        assertThat(outcome(ended(queue, "{\"action\": \"move\", \"destination\": \"%s\", %s}"
                .formatted(other.name(), ids)))).as("the delayed one is in another state").isEqualTo("completed 1 ");
        assertThat(other.stats().path("ready").asInt()).isEqualTo(1);
        assertThat(other.stats().path("sent").asInt()).isEqualTo(1);
        assertThat(queue.stats().path("delayed").asInt()).isEqualTo(1);
    }

    @Test
    void a_message_that_came_back_from_a_dead_letter_queue_can_be_changed() {
        QueueClient dead = queue();
        QueueClient queue = http.queue("{\"maxDeliveries\": 1, \"deadLetterQueue\": \"%s\"}".formatted(dead.name()));
        String id = queue.sendText("x");
        queue.nack(queue.receiveOne());
        assertThat(outcome(ended(dead, "{\"action\": \"move\", \"destination\": \"%s\"}".formatted(queue.name()))))
                .isEqualTo("completed 1 ");
        assertThat(ids(queue, "ready")).containsExactly(id);
        http.delete(queue.path() + "/messages/" + id).expect(204);
        assertThat(queue.stats().path("ready").asInt()).isZero();
        assertThat(task(queue, "{\"action\": \"redrive\", \"maxDeadShare\": 0.5}").code()).isEqualTo("NOT_SUPPORTED");
    }

    @Test
    void of_two_dead_letters_with_one_id_the_one_that_matches_is_deleted() {
        QueueClient queue = queue();
        for (String error : List.of("old", "new")) {
            QueueClient other = queue();
            other.send("{\"body\": \"%s\", \"id\": \"x\"}".formatted(error)).expect(201);
            String to = "{\"destination\": \"%s\"}".formatted(queue.name());
            http.post(other.path() + "/messages/x/move", to).expect(204);
            queue.settle("nack", queue.receiveOne(), ", \"error\": \"%s\"".formatted(error));
        }
        assertThat(outcome(ended(queue, "{\"action\": \"delete\", \"state\": \"dead\","
                + " \"filter\": {\"error\": \"old\"}}"))).isEqualTo("completed 1 ");
        assertThat(http.get(queue.path() + "/dead-letters").text()).contains("new").doesNotContain("old");
    }

    @Test
    void plans_that_make_no_sense_are_refused_with_their_field() {
        QueueClient queue = queue();
        deadLetters(queue, 0, 1);
        for (String wrong : List.of(
                "action {}",
                "action {\"action\": \"purge\"}",
                "state {\"action\": \"delete\", \"state\": \"inFlight\"}",
                "state {\"action\": \"redrive\", \"state\": \"ready\"}",
                "state {\"action\": \"make-ready\", \"state\": \"dead\"}",
                "destination {\"action\": \"move\"}",
                "destination {\"action\": \"delete\", \"destination\": \"x\"}",
                "destination {\"action\": \"move\", \"destination\": \"%s\"}".formatted(queue.name()),
                "maxDeadShare {\"action\": \"delete\", \"maxDeadShare\": 0.5}",
                "maxDeadShare {\"action\": \"redrive\", \"maxDeadShare\": 1.5}",
                "messagesPerSecond {\"action\": \"delete\", \"messagesPerSecond\": 0}",
                "filter.reason {\"action\": \"delete\", \"filter\": {\"reason\": \"expired\"}}",
                "filter.reason {\"action\": \"redrive\", \"filter\": {\"reason\": \"no\"}}",
                "filter.ids {\"action\": \"delete\", \"filter\": {\"ids\": [\"a\"], \"text\": \"b\"}}",
                "filter {\"action\": \"delete\", \"filter\": {}}",
                "filter {\"action\": \"delete\", \"filter\": {\"text\": null}}",
                "filter.text {\"action\": \"delete\", \"filter\": {\"text\": \"\\ud800\"}}",
                "filter.priority {\"action\": \"delete\", \"filter\": {\"priority\": -1}}",
                "destination {\"action\": \"move\", \"destination\": \"../x\"}",
                "filter.ids.length {\"action\": \"delete\", \"filter\": {\"ids\": []}}",
                "filter.ids {\"action\": \"delete\", \"filter\": {\"ids\": [null]}}",
                "filter.ids {\"action\": \"delete\", \"filter\": {\"ids\": [\"a\\u0000\"]}}",
                "filter.metadata.length {\"action\": \"delete\", \"filter\": {\"metadata\": {}}}",
                "filter.metadata {\"action\": \"delete\", \"filter\": {\"metadata\": {\"a\": null}}}",
                "filter.text.length {\"action\": \"delete\", \"filter\": {\"text\": \"\"}}")) {
            String field = wrong.substring(0, wrong.indexOf(' '));
            Http.Answer answer = task(queue, wrong.substring(wrong.indexOf(' ') + 1));
            assertThat(answer.status()).as(wrong).isEqualTo(400);
            assertThat(answer.json().toString()).as(wrong).contains("\"field\":\"" + field + "\"");
        }
        assertThat(task(queue, "{\"action\": \"move\", \"destination\": \"no-such-queue\"}").code())
                .isEqualTo("QUEUE_NOT_FOUND");
        QueueClient memory = http.queue("{\"storage\": \"memory\"}");
        assertThat(task(memory, "{\"action\": \"delete\"}").code()).isEqualTo("NOT_SUPPORTED");
        assertThat(queue.stats().path("dead").asInt()).isEqualTo(1);
    }
}
