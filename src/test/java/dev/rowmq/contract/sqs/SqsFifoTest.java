package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

/** FIFO queues in Amazon SQS's API, in AWS JSON 1.0. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class SqsFifoTest {

    /** All punctuation that SQS allows, as JSON. */
    private static final String PUNCTUATION = "a!\\\"#$%&'()*+,-./:;<=>?@[\\\\]^_`{|}~Z9";

    private final SqsCaller sqs;

    SqsFifoTest(TestDatabase database) {
        this.sqs = new SqsCaller(database.service().http());
    }

    private String fifo(String more) {
        String name = "f" + System.nanoTime() + ".fifo";
        create(name, "{\"FifoQueue\":\"true\"" + more + "}").expect(200);
        return name;
    }

    private Http.Answer create(String name, String attributes) {
        return sqs.call("CreateQueue", "{\"QueueName\":\"%s\",\"Attributes\":%s}".formatted(name, attributes));
    }

    private Http.Answer send(String queue, String body, String more) {
        return sqs.call("SendMessage", "{\"QueueUrl\":\"%s\",\"MessageBody\":\"%s\"%s}".formatted(queue, body, more));
    }

    private JsonNode send(String queue, String group, String body, String deduplicationId) {
        return send(queue, body, ",\"MessageGroupId\":\"%s\",\"MessageDeduplicationId\":\"%s\""
                        .formatted(group, deduplicationId))
                .expect(200)
                .json();
    }

    private List<JsonNode> receive(String queue, String more) {
        return Http.list(sqs.call(
                        "ReceiveMessage",
                        "{\"QueueUrl\":\"%s\",\"MaxNumberOfMessages\":10,\"MessageSystemAttributeNames\":[\"All\"]%s}"
                                .formatted(queue, more))
                .expect(200)
                .json()
                .path("Messages"));
    }

    private static List<String> bodies(List<JsonNode> messages) {
        return messages.stream().map(message -> message.path("Body").asString()).toList();
    }

    private static void refused(Http.Answer answer, String type) {
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().path("__type").asString()).isEqualTo("com.amazonaws.sqs#" + type);
    }

    @Test
    void a_fifo_queue_is_made_by_its_attribute_and_its_name_together() {
        String queue = fifo("");
        create(queue, "{\"FifoQueue\":\"true\"}").expect(200);
        create(queue, "{}").expect(400);
        create("plain" + System.nanoTime(), "{\"FifoQueue\":\"true\"}").expect(400);
        refused(
                create("plain" + System.nanoTime(), "{\"ContentBasedDeduplication\":\"true\"}"),
                "InvalidAttributeName");
        create("plain" + System.nanoTime(), "{\"FifoQueue\":\"false\"}").expect(200);
        refused(
                sqs.call(
                        "SetQueueAttributes",
                        "{\"QueueUrl\":\"%s\",\"Attributes\":{\"FifoQueue\":\"false\"}}".formatted(queue)),
                "InvalidAttributeName");
        sqs.call(
                        "SetQueueAttributes",
                        ("{\"QueueUrl\":\"%s\",\"Attributes\":{\"ContentBasedDeduplication\":\"true\","
                                        + "\"DeduplicationScope\":\"messageGroup\","
                                        + "\"FifoThroughputLimit\":\"perMessageGroupId\"}}")
                                .formatted(queue))
                .expect(200);
        JsonNode all = sqs.call(
                        "GetQueueAttributes", "{\"QueueUrl\":\"%s\",\"AttributeNames\":[\"All\"]}".formatted(queue))
                .expect(200)
                .json()
                .path("Attributes");
        assertThat(all.path("FifoQueue").asString()).isEqualTo("true");
        assertThat(all.path("ContentBasedDeduplication").asString()).isEqualTo("true");
        assertThat(all.path("DeduplicationScope").asString()).isEqualTo("messageGroup");
        assertThat(all.path("FifoThroughputLimit").asString()).isEqualTo("perMessageGroupId");
    }

    @Test
    void messages_have_their_groups_and_sequence_numbers_that_increase() {
        String queue = fifo("");
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            sent.add(send(queue, PUNCTUATION, "m" + i, "d" + i).path("SequenceNumber").asString());
        }
        assertThat(sent).isSorted().doesNotHaveDuplicates().allMatch(number -> number.matches("[0-9]{20}"));
        List<JsonNode> received = receive(queue, "");
        assertThat(bodies(received)).containsExactly("m0", "m1", "m2", "m3", "m4");
        JsonNode system = received.getFirst().path("Attributes");
        assertThat(system.path("SequenceNumber").asString()).isEqualTo(sent.getFirst());
        assertThat(system.path("MessageDeduplicationId").asString()).isEqualTo("d0");
        assertThat(system.path("MessageGroupId").asString())
                .isEqualTo("a!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~Z9");
        assertThat(received.getFirst().has("MessageAttributes")).isFalse();
    }

    @Test
    void a_deduplication_id_counts_once_also_with_another_body_and_after_a_delete() {
        String queue = fifo("");
        JsonNode first = send(queue, "g", "one", "same");
        JsonNode again = send(queue, "g", "two", "same");
        assertThat(again.path("MessageId")).isEqualTo(first.path("MessageId"));
        assertThat(again.path("SequenceNumber")).isEqualTo(first.path("SequenceNumber"));
        List<JsonNode> received = receive(queue, "");
        assertThat(bodies(received)).containsExactly("one");
        sqs.call("DeleteMessage", "{\"QueueUrl\":\"%s\",\"ReceiptHandle\":\"%s\"}".formatted(
                queue, received.getFirst().path("ReceiptHandle").asString())).expect(200);
        assertThat(send(queue, "g", "three", "same").path("MessageId")).isEqualTo(first.path("MessageId"));
        assertThat(receive(queue, "")).isEmpty();
    }

    @Test
    void eight_sends_at_once_with_one_deduplication_id_store_one_message() throws Exception {
        String queue = fifo("");
        for (int round = 0; round < 10; round++) {
            String id = "id" + round;
            List<Future<JsonNode>> running = new ArrayList<>();
            try (ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < 8; i++) {
                    running.add(senders.submit(() -> send(queue, "g", "x", id)));
                }
            }
            List<String> ids = new ArrayList<>();
            for (Future<JsonNode> one : running) {
                ids.add(one.get().path("MessageId").asString());
            }
            assertThat(ids).containsOnly(ids.getFirst());
        }
        assertThat(receive(queue, "")).hasSize(10);
    }

    @Test
    void a_batch_keeps_its_order_within_a_group_and_stores_a_repeated_id_once() {
        String queue = fifo(",\"ContentBasedDeduplication\":\"true\"");
        JsonNode sent = sqs.call(
                        "SendMessageBatch",
                        ("{\"QueueUrl\":\"%s\",\"Entries\":["
                                        + "{\"Id\":\"a\",\"MessageBody\":\"m1\",\"MessageGroupId\":\"g\"},"
                                        + "{\"Id\":\"b\",\"MessageBody\":\"m2\",\"MessageGroupId\":\"g\"},"
                                        + "{\"Id\":\"c\",\"MessageBody\":\"m1\",\"MessageGroupId\":\"g\"},"
                                        + "{\"Id\":\"d\",\"MessageBody\":\"m3\"}]}")
                                .formatted(queue))
                .expect(200)
                .json();
        assertThat(sent.path("Successful").size()).isEqualTo(3);
        assertThat(sent.path("Failed").get(0).path("Id").asString()).isEqualTo("d");
        assertThat(sent.path("Failed").get(0).path("Code").asString()).isEqualTo("MissingParameter");
        assertThat(bodies(receive(queue, ""))).containsExactly("m1", "m2");
    }

    @Test
    void what_a_fifo_queue_needs_and_refuses() {
        String queue = fifo("");
        refused(send(queue, "m", ""), "MissingParameter");
        refused(send(queue, "m", ",\"MessageGroupId\":\"g\""), "InvalidParameterValue");
        refused(
                send(queue, "m", ",\"MessageGroupId\":\"g\",\"MessageDeduplicationId\":\"d\",\"DelaySeconds\":5"),
                "InvalidParameterValue");
        refused(
                send(queue, "m", ",\"MessageGroupId\":\"a b\",\"MessageDeduplicationId\":\"d\""),
                "InvalidParameterValue");
        send(queue, "m", ",\"MessageGroupId\":\"g\",\"MessageDeduplicationId\":\"d\",\"DelaySeconds\":0").expect(200);
        String standard = sqs.queue();
        refused(send(standard, "m", ",\"MessageDeduplicationId\":\"d\""), "InvalidParameterValue");
        send(standard, "m", ",\"MessageGroupId\":\"g\"").expect(200);
        JsonNode received = receive(standard, "").getFirst();
        assertThat(received.path("Attributes").path("MessageGroupId").asString()).isEqualTo("g");
        assertThat(received.path("Attributes").has("SequenceNumber")).isFalse();
    }

    @Test
    void a_receive_attempt_that_is_repeated_gets_the_same_messages() {
        String queue = fifo("");
        send(queue, "g", "m1", "d1");
        send(queue, "g", "m2", "d2");
        String attempt = ",\"ReceiveRequestAttemptId\":\"attempt-1\"";
        assertThat(bodies(receive(queue, attempt))).containsExactly("m1", "m2");
        assertThat(receive(queue, "")).isEmpty();
        assertThat(receive(queue, ",\"ReceiveRequestAttemptId\":\"attempt-2\"")).isEmpty();
        List<JsonNode> again = receive(queue, attempt);
        assertThat(bodies(again)).containsExactly("m1", "m2");
        assertThat(again.getFirst().path("Attributes").path("ApproximateReceiveCount").asString()).isEqualTo("1");
    }

    @Test
    void a_receipt_of_a_message_that_was_received_again_deletes_nothing_and_is_refused() {
        String queue = fifo("");
        send(queue, "g", "m1", "d1");
        String old = receive(queue, ",\"VisibilityTimeout\":0").getFirst().path("ReceiptHandle").asString();
        List<JsonNode> again = receive(queue, ",\"WaitTimeSeconds\":5");
        assertThat(again).hasSize(1);
        refused(
                sqs.call("DeleteMessage", "{\"QueueUrl\":\"%s\",\"ReceiptHandle\":\"%s\"}".formatted(queue, old)),
                "ReceiptHandleIsInvalid");
        sqs.call("ChangeMessageVisibility", "{\"QueueUrl\":\"%s\",\"ReceiptHandle\":\"%s\",\"VisibilityTimeout\":0}"
                .formatted(queue, again.getFirst().path("ReceiptHandle").asString())).expect(200);
        assertThat(receive(queue, ",\"WaitTimeSeconds\":5")).hasSize(1);
    }
}
