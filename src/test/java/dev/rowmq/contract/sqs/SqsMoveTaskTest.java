package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.task.MessageTasks;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;

import tools.jackson.databind.JsonNode;

/** Tasks that move dead letters back. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class SqsMoveTaskTest {

    private final TestDatabase database;
    private final SqsCaller sqs;
    private final String dead;

    SqsMoveTaskTest(TestDatabase database) {
        this.database = database;
        this.sqs = new SqsCaller(database.service().http());
        this.dead = sqs.queue();
    }

    private static String arn(String queue) {
        return "arn:aws:sqs:us-east-1:000000000000:" + queue;
    }

    private String source() {
        return sqs.queue("{\"RedrivePolicy\":\"{\\\"deadLetterTargetArn\\\":\\\"%s\\\",\\\"maxReceiveCount\\\":1}\"}"
                .formatted(arn(dead)));
    }

    /** Lets as many messages become dead letters, with the ids that their producer gave, and returns the MessageIds. */
    private List<String> deadLetters(String source, int number) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            ids.add(sqs.call("SendMessage", ("{\"QueueUrl\":\"%s\",\"MessageBody\":\"m%d\",\"MessageAttributes\":{"
                                    + "\"rowmq.id\":{\"DataType\":\"String\",\"StringValue\":\"id-%d\"}}}")
                            .formatted(source, i, i))
                    .expect(200)
                    .json()
                    .path("MessageId")
                    .asString());
        }
        int received = 0;
        while (received < number) {
            received += messages(source, ",\"VisibilityTimeout\":0").size();
        }
        Eventually.within(Duration.ofSeconds(10), "all are dead letters", () -> ready(dead) == number);
        return ids;
    }

    private List<JsonNode> messages(String queue, String more) {
        return Http.list(sqs.call(
                        "ReceiveMessage",
                        "{\"QueueUrl\":\"%s\",\"MaxNumberOfMessages\":10,\"AttributeNames\":[\"All\"]%s}"
                                .formatted(queue, more))
                .expect(200)
                .json()
                .path("Messages"));
    }

    private int ready(String queue) {
        return sqs.http().get("/v1/queues/" + queue).expect(200).json().path("stats").path("ready").asInt();
    }

    private JsonNode task() {
        return sqs.call("ListMessageMoveTasks", "{\"SourceArn\":\"%s\"}".formatted(arn(dead))).expect(200).json()
                .path("Results").get(0);
    }

    private Http.Answer start(String more) {
        return sqs.call("StartMessageMoveTask", "{\"SourceArn\":\"%s\"%s}".formatted(arn(dead), more));
    }

    /** An operator looks at the dead letters, and then moves them. */
    @Test
    void messages_whose_leases_have_just_ended_are_moved_too() {
        String one = source();
        deadLetters(one, 3);
        while (ready(dead) > 0) {
            messages(dead, ",\"VisibilityTimeout\":1");
        }
        Eventually.within(Duration.ofSeconds(5), "the leases end", () ->
                !messages(dead, ",\"VisibilityTimeout\":0").isEmpty());
        start("").expect(200);
        Eventually.within(Duration.ofSeconds(10), "the task ends", () -> task().path("Status").asString()
                .equals("COMPLETED"));
        assertThat(task().path("ApproximateNumberOfMessagesMoved").asInt()).isPositive();
    }

    @Test
    void dead_letters_go_back_to_the_queues_from_which_they_came() {
        String one = source();
        List<String> ids = deadLetters(one, 12);
        start("").expect(200);
        Eventually.within(Duration.ofSeconds(10), "the task ends", () -> task().path("Status").asString()
                .equals("COMPLETED"));
        assertThat(task().path("ApproximateNumberOfMessagesMoved").asInt()).isEqualTo(12);
        assertThat(task().path("ApproximateNumberOfMessagesToMove").asInt()).isEqualTo(12);
        assertThat(task().has("TaskHandle")).isFalse();
        assertThat(ready(dead)).isZero();
        List<JsonNode> back = new ArrayList<>();
        while (back.size() < 12) {
            back.addAll(messages(one, ",\"VisibilityTimeout\":30"));
        }
        assertThat(back.stream().map(message -> message.path("MessageId").asString())).hasSameElementsAs(ids);
        assertThat(back).allSatisfy(message -> {
            assertThat(message.path("Attributes").path("ApproximateReceiveCount").asString()).isEqualTo("1");
            assertThat(message.path("Attributes").has("DeadLetterQueueSourceArn")).isFalse();
        });
        // the ids belong to the messages again, and are processed once these are acked
        for (JsonNode message : back) {
            sqs.call("DeleteMessage", "{\"QueueUrl\":\"%s\",\"ReceiptHandle\":\"%s\"}"
                            .formatted(one, message.path("ReceiptHandle").asString()))
                    .expect(200);
        }
        sqs.http().get("/v1/queues/" + one + "/processed/id-3").expect(200);
        assertThat(sqs.http().get("/v1/queues/" + one).json().path("stats").path("ready").asInt()).isZero();
    }

    @Test
    void a_task_has_a_rate_a_destination_and_can_be_cancelled() {
        deadLetters(source(), 20);
        String other = sqs.queue();
        String handle = start(",\"DestinationArn\":\"%s\",\"MaxNumberOfMessagesPerSecond\":2".formatted(arn(other)))
                .expect(200).json().path("TaskHandle").asString();
        assertThat(start("").json().path("__type").asString()).endsWith("#UnsupportedOperation");
        Eventually.within(Duration.ofSeconds(10), "some are moved", () -> ready(other) >= 3);
        assertThat(task().path("TaskHandle").asString()).isEqualTo(handle);
        assertThat(task().path("DestinationArn").asString()).isEqualTo(arn(other));
        assertThat(sqs.call("CancelMessageMoveTask", "{\"TaskHandle\":\"%s\"}".formatted(handle)).expect(200).json()
                        .path("ApproximateNumberOfMessagesMoved").asInt())
                .isBetween(1, 12);
        Eventually.within(Duration.ofSeconds(10), "it ends", () -> task().path("Status").asString()
                .equals("CANCELLED"));
        assertThat(ready(other)).isLessThan(15);
        assertThat(ready(other) + ready(dead)).isEqualTo(20);
        assertThat(sqs.call("CancelMessageMoveTask", "{\"TaskHandle\":\"%s\"}".formatted(handle)).json()
                        .path("__type").asString())
                .endsWith("#ResourceNotFoundException");
    }

    @Test
    void a_task_without_a_way_back_fails_and_its_messages_stay() {
        String one = source();
        deadLetters(one, 2);
        set(one, "{\"RedrivePolicy\":\"\"}");
        sqs.call("DeleteQueue", "{\"QueueUrl\":\"%s\"}".formatted(one)).expect(200);
        source();
        start("").expect(200);
        Eventually.within(Duration.ofSeconds(10), "it fails", () -> task().path("Status").asString().equals("FAILED"));
        assertThat(task().path("FailureReason").asString()).contains(one);
        assertThat(ready(dead)).isEqualTo(2);
    }

    private void set(String queue, String attributes) {
        sqs.call("SetQueueAttributes", "{\"QueueUrl\":\"%s\",\"Attributes\":%s}".formatted(queue, attributes))
                .expect(200);
    }

    @Test
    void another_instance_goes_on_with_the_task_of_one_that_is_gone() {
        String one = source();
        deadLetters(one, 3);
        JdbcTemplate jdbc = database.service().bean(JdbcTemplate.class);
        jdbc.update(
                """
                insert into message_task (id, source, source_id, active_source, messages_per_second, status, done,
                    total, started_at, runner, alive_at)
                select ?, name, id, name, 0, 0, 0, 3, clock_timestamp(), 'gone',
                    clock_timestamp() - interval '31' second
                from queue
                where name = ?
                """,
                java.util.UUID.randomUUID().toString(),
                dead);
        database.service().bean(MessageTasks.class).resume();
        Eventually.within(Duration.ofSeconds(15), "the task ends", () -> task().path("Status").asString()
                .equals("COMPLETED"));
        assertThat(ready(one)).isEqualTo(3);
    }

    @Test
    void a_run_that_was_replaced_moves_no_more() {
        deadLetters(source(), 20);
        String other = sqs.queue();
        start(",\"DestinationArn\":\"%s\",\"MaxNumberOfMessagesPerSecond\":5".formatted(arn(other))).expect(200);
        Eventually.within(Duration.ofSeconds(10), "some are moved", () -> ready(other) >= 2);
        database.service().bean(JdbcTemplate.class)
                .update("update message_task set runner = 'other' where source = ?", dead);
        Eventually.within(Duration.ofSeconds(5), "the run has ended", () -> {
            int before = ready(other);
            Thread.sleep(1500);
            return ready(other) == before;
        });
        assertThat(ready(other)).isLessThan(20);
        assertThat(task().path("Status").asString()).isEqualTo("RUNNING");
        assertThat(ready(other) + ready(dead)).isEqualTo(20);
    }

    @Test
    void an_id_that_fails_again_is_found_in_the_dead_letter_queue_and_a_live_one_stays_its_own() {
        String one = source();
        for (int round = 0; round < 2; round++) {
            if (round == 0) {
                deadLetters(one, 1);
            } else {
                messages(one, ",\"VisibilityTimeout\":0");
                Eventually.within(Duration.ofSeconds(10), "it failed again", () -> ready(dead) == 1);
            }
            sqs.http().get("/v1/queues/" + dead + "/messages/id-0").expect(200);
            start("").expect(200);
            Eventually.within(Duration.ofSeconds(10), "it is back", () -> ready(one) == 1);
            sqs.http().get("/v1/queues/" + one + "/messages/id-0").expect(200);
            Eventually.within(Duration.ofSeconds(10), "the task ends", () -> task().path("Status").asString()
                    .equals("COMPLETED"));
        }
        String other = sqs.queue();
        sqs.http().post("/v1/queues/" + other + "/messages", "{\"id\": \"id-0\", \"body\": \"live\"}").expect(201);
        messages(one, ",\"VisibilityTimeout\":0");
        Eventually.within(Duration.ofSeconds(10), "it failed again", () -> ready(dead) == 1);
        start(",\"DestinationArn\":\"%s\"".formatted(arn(other))).expect(200);
        Eventually.within(Duration.ofSeconds(10), "both are there", () -> ready(other) == 2);
        assertThat(sqs.http().get("/v1/queues/" + other + "/messages/id-0").expect(200).json().path("body").asString())
                .isEqualTo("live");
    }

    @Test
    void bad_requests_get_their_errors() {
        assertThat(start("").json().path("__type").asString()).endsWith("#InvalidParameterValue");
        source();
        assertThat(start(",\"MaxNumberOfMessagesPerSecond\":501").json().path("__type").asString())
                .endsWith("#InvalidParameterValue");
        assertThat(start(",\"DestinationArn\":\"x\"").json().path("__type").asString())
                .endsWith("#InvalidParameterValue");
        assertThat(start(",\"DestinationArn\":\"%s\"".formatted(arn(dead))).json().path("message").asString())
                .contains("another queue");
        Http.Answer missing = start(",\"DestinationArn\":\"%s\"".formatted(arn("none")));
        assertThat(missing.json().path("__type").asString()).endsWith("#ResourceNotFoundException");
        assertThat(sqs.call("CancelMessageMoveTask", "{\"TaskHandle\":\"x\"}").json().path("__type").asString())
                .endsWith("#InvalidParameterValue");
    }
}
