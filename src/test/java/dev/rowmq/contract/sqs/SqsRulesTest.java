package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import tools.jackson.databind.JsonNode;

/** The rules on which frameworks that speak Amazon SQS rely, in AWS JSON 1.0. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class SqsRulesTest {

    private final TestDatabase database;
    private final SqsCaller sqs;

    SqsRulesTest(TestDatabase database) {
        this.database = database;
        this.sqs = new SqsCaller(database.service().http());
    }

    private String url(String name) {
        return sqs.http().base() + "/000000000000/" + name;
    }

    private JsonNode send(String queue, String more) {
        return sqs.call("SendMessage", "{\"QueueUrl\":\"%s\",\"MessageBody\":\"m\"%s}".formatted(url(queue), more))
                .expect(200)
                .json();
    }

    private JsonNode receive(String queue, String more) {
        return sqs.call("ReceiveMessage", "{\"QueueUrl\":\"%s\"%s}".formatted(url(queue), more))
                .expect(200)
                .json();
    }

    private Http.Answer attributes(String queue, String names) {
        return sqs.call(
                "GetQueueAttributes", "{\"QueueUrl\":\"%s\",\"AttributeNames\":%s}".formatted(url(queue), names));
    }

    @ParameterizedTest
    @ValueSource(strings = {"AttributeNames", "MessageSystemAttributeNames"})
    void the_old_and_the_new_list_of_system_attributes_are_the_same(String list) {
        String queue = sqs.queue();
        send(queue, "");
        JsonNode message = receive(queue, ",\"" + list + "\":[\"ApproximateReceiveCount\"]").path("Messages").get(0);
        assertThat(message.path("Attributes").toString()).isEqualTo("{\"ApproximateReceiveCount\":\"1\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "http://other.host:1/123456789012/%s",
        "https://sqs.eu-west-1.amazonaws.com/000000000000/%s",
        "http://localhost/queue/%s/",
        "/000000000000/%s",
        "%s"
    })
    void a_queue_url_is_used_by_its_path_whatever_its_host(String url) {
        String queue = sqs.queue();
        sqs.call("SendMessage", "{\"QueueUrl\":\"%s\",\"MessageBody\":\"m\"}".formatted(url.formatted(queue)))
                .expect(200);
        assertThat(receive(queue, "").path("Messages").size()).isOne();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/000000000000/%s", "/000000000000/%s/", "/queue/%s"})
    void the_endpoint_is_at_the_root_and_at_the_path_of_the_queue(String path) {
        String queue = sqs.queue();
        String url = path.equals("/") ? "\"QueueUrl\":\"" + url(queue) + "\"," : "";
        sqs.call(path.formatted(queue), "SendMessage", "{" + url + "\"MessageBody\":\"m\"}").expect(200);
        assertThat(receive(queue, "").path("Messages").size()).isOne();
    }

    @Test
    void a_queue_url_has_the_host_of_the_request_and_exactly_two_segments() {
        String queue = sqs.queue();
        assertThat(sqs.call("GetQueueUrl", "{\"QueueName\":\"%s\"}".formatted(queue)).expect(200).json()
                        .path("QueueUrl").asString())
                .isEqualTo(url(queue));
    }

    @Test
    void a_queue_is_created_again_for_equal_and_for_unmentioned_attributes_only() {
        String queue = sqs.queue("{\"VisibilityTimeout\":\"45\",\"Policy\":\"{\\\"a\\\": 1}\"}");
        for (String same : new String[] {
            "{}", "{\"VisibilityTimeout\":\"45\"}", "{\"DelaySeconds\":\"0\"}", "{\"Policy\":\"{\\\"a\\\":1}\"}"
        }) {
            sqs.call("CreateQueue", "{\"QueueName\":\"%s\",\"Attributes\":%s}".formatted(queue, same)).expect(200);
        }
        Http.Answer other = sqs.call(
                "CreateQueue",
                "{\"QueueName\":\"%s\",\"Attributes\":{\"VisibilityTimeout\":\"46\"}}".formatted(queue));
        assertThat(other.status()).isEqualTo(400);
        assertThat(other.json().path("__type").asString()).isEqualTo("com.amazonaws.sqs#QueueNameExists");
    }

    @Test
    void all_attributes_read_six_times_are_equal_texts_and_unset_ones_are_absent() {
        String queue = sqs.queue();
        Set<String> readings = new HashSet<>();
        for (int i = 0; i < 6; i++) {
            readings.add(attributes(queue, "[\"All\"]").expect(200).text());
        }
        assertThat(readings).hasSize(1);
        JsonNode all = attributes(queue, "[\"All\"]").json().path("Attributes");
        assertThat(all.has("RedrivePolicy")).isFalse();
        assertThat(all.path("QueueArn").asString()).isEqualTo("arn:aws:sqs:us-east-1:000000000000:" + queue);
        assertThat(all.path("VisibilityTimeout").asString()).isEqualTo("30");
        assertThat(all.path("MaximumMessageSize").asString()).isEqualTo("1048576");
        assertThat(all.path("MessageRetentionPeriod").asString()).isEqualTo("345600");
        assertThat(all.properties()).allMatch(entry -> entry.getValue().isString());
        assertThat(attributes(queue, "[\"RedrivePolicy\"]").expect(200).json().toString()).isEqualTo("{}");
        assertThat(attributes(queue, "[]").expect(200).json().toString()).isEqualTo("{}");
    }

    @Test
    void attributes_that_are_set_are_read_and_an_empty_text_removes_them() {
        String queue = sqs.queue();
        set(queue, "{\"ReceiveMessageWaitTimeSeconds\":\"1\",\"SqsManagedSseEnabled\":\"true\","
                + "\"KmsDataKeyReusePeriodSeconds\":\"300\",\"DelaySeconds\":\"900\","
                + "\"RedriveAllowPolicy\":\"{\\\"redrivePermission\\\":\\\"denyAll\\\"}\"}").expect(200);
        JsonNode all = attributes(queue, "[\"All\"]").json().path("Attributes");
        assertThat(all.path("ReceiveMessageWaitTimeSeconds").asString()).isEqualTo("1");
        assertThat(all.path("KmsDataKeyReusePeriodSeconds").asString()).isEqualTo("300");
        assertThat(all.path("RedriveAllowPolicy").asString()).isEqualTo("{\"redrivePermission\":\"denyAll\"}");
        set(queue, "{\"RedriveAllowPolicy\":\"\"}").expect(200);
        assertThat(attributes(queue, "[\"All\"]").json().path("Attributes").has("RedriveAllowPolicy")).isFalse();
    }

    private Http.Answer set(String queue, String attributes) {
        return sqs.call(
                "SetQueueAttributes", "{\"QueueUrl\":\"%s\",\"Attributes\":%s}".formatted(url(queue), attributes));
    }

    @Test
    void a_dead_letter_queue_that_denies_sources_gets_none() {
        String dead = sqs.queue("{\"RedriveAllowPolicy\":\"{\\\"redrivePermission\\\":\\\"denyAll\\\"}\"}");
        String policy = "{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:us-east-1:000000000000:%s\\\","
                + "\\\"maxReceiveCount\\\":3}";
        Http.Answer denied = set(sqs.queue(), "{\"RedrivePolicy\":\"%s\"}".formatted(policy.formatted(dead)));
        assertThat(denied.status()).isEqualTo(400);
        assertThat(denied.json().path("message").asString()).contains("RedriveAllowPolicy");
        Http.Answer missing = set(sqs.queue(), "{\"RedrivePolicy\":\"%s\"}".formatted(policy.formatted("none")));
        assertThat(missing.json().path("message").asString()).contains("Dead letter target does not exist");
    }

    @Test
    void tags_are_taken_under_both_names() {
        String queue = "tags-" + System.nanoTime();
        sqs.call("CreateQueue", "{\"QueueName\":\"%s\",\"tags\":{\"a\":\"1\"}}".formatted(queue)).expect(200);
        sqs.call("TagQueue", "{\"QueueUrl\":\"%s\",\"Tags\":{\"b\":\"2\"}}".formatted(url(queue))).expect(200);
        sqs.call("UntagQueue", "{\"QueueUrl\":\"%s\",\"TagKeys\":[\"a\"]}".formatted(url(queue))).expect(200);
        assertThat(sqs.call("ListQueueTags", "{\"QueueUrl\":\"%s\"}".formatted(url(queue))).expect(200).json()
                        .toString())
                .isEqualTo("{\"Tags\":{\"b\":\"2\"}}");
    }

    @Test
    void lists_have_pages_only_with_a_maximum() {
        String prefix = "list-" + System.nanoTime() + "-";
        for (int i = 0; i < 5; i++) {
            sqs.call("CreateQueue", "{\"QueueName\":\"%s\"}".formatted(prefix + i)).expect(200);
        }
        JsonNode all = sqs.call("ListQueues", "{\"QueueNamePrefix\":\"%s\"}".formatted(prefix)).expect(200).json();
        assertThat(all.path("QueueUrls").size()).isEqualTo(5);
        assertThat(all.has("NextToken")).isFalse();
        int found = 0;
        String token = "";
        do {
            JsonNode page = sqs.call(
                            "ListQueues",
                            "{\"QueueNamePrefix\":\"%s\",\"MaxResults\":2%s}".formatted(prefix, token))
                    .expect(200)
                    .json();
            found += page.path("QueueUrls").size();
            token = page.has("NextToken") ? ",\"NextToken\":\"" + page.path("NextToken").asString() + "\"" : "";
        } while (!token.isEmpty());
        assertThat(found).isEqualTo(5);
        assertThat(sqs.call("ListQueues", "{\"QueueNamePrefix\":\"none-\"}").expect(200).json().toString())
                .isEqualTo("{}");
    }

    @Test
    void an_error_has_its_old_code_in_a_header_and_every_answer_a_request_id() {
        Http.Answer missing = sqs.call("GetQueueUrl", "{\"QueueName\":\"missing\"}");
        assertThat(missing.status()).isEqualTo(400);
        assertThat(missing.json().path("__type").asString()).isEqualTo("com.amazonaws.sqs#QueueDoesNotExist");
        assertThat(missing.response().headers().firstValue("x-amzn-query-error"))
                .contains("AWS.SimpleQueueService.NonExistentQueue;Sender");
        assertThat(missing.response().headers().firstValue("x-amzn-RequestId")).isPresent();
        assertThat(missing.response().headers().firstValue("Date")).isPresent();
        assertThat(missing.response().headers().firstValue("Content-Type")).contains("application/x-amz-json-1.0");
    }

    @Test
    void failed_entries_are_complete_and_ids_of_80_characters_are_echoed() {
        String queue = sqs.queue();
        String id = "x".repeat(80);
        JsonNode result = sqs.call(
                        "SendMessageBatch",
                        "{\"QueueUrl\":\"%s\",\"Entries\":[{\"Id\":\"%s\",\"MessageBody\":\"m\",\"DelaySeconds\":901}]}"
                                .formatted(url(queue), id))
                .expect(200)
                .json();
        JsonNode failed = result.path("Failed").get(0);
        assertThat(failed.path("Id").asString()).isEqualTo(id);
        assertThat(failed.path("Code").asString()).isEqualTo("InvalidParameterValue");
        assertThat(failed.path("SenderFault").asBoolean()).isTrue();
        assertThat(failed.path("Message").asString()).contains("DelaySeconds", "0 and 900");
    }

    @Test
    void a_redrive_policy_of_another_account_is_equal_when_the_queue_is_created_again() {
        String dead = sqs.queue();
        String policy = "{\"RedrivePolicy\":\" {\\\"maxReceiveCount\\\":\\\"3\\\",\\\"deadLetterTargetArn\\\":"
                + "\\\"arn:aws:sqs:eu-west-1:123456789012:%s\\\"}\"}".formatted(dead);
        String queue = sqs.queue(policy);
        sqs.call("CreateQueue", "{\"QueueName\":\"%s\",\"Attributes\":%s}".formatted(queue, policy)).expect(200);
    }

    @Test
    void a_receive_without_a_wait_uses_that_of_the_queue() {
        String queue = sqs.queue("{\"ReceiveMessageWaitTimeSeconds\":\"1\"}");
        long begin = System.nanoTime();
        assertThat(receive(queue, "").toString()).isEqualTo("{}");
        assertThat(System.nanoTime() - begin).isGreaterThan(900_000_000L);
    }

    @Test
    void a_stale_receipt_is_accepted_and_deletes_nothing() {
        String queue = sqs.queue();
        send(queue, "");
        String first = receipt(queue, ",\"VisibilityTimeout\":0");
        String second = receipt(queue, "");
        delete(queue, first).expect(200);
        Http.Answer change = sqs.call(
                "ChangeMessageVisibility",
                "{\"QueueUrl\":\"%s\",\"ReceiptHandle\":\"%s\",\"VisibilityTimeout\":1}".formatted(url(queue), first));
        assertThat(change.json().path("__type").asString()).isEqualTo("com.amazonaws.sqs#MessageNotInflight");
        assertThat(attributes(queue, "[\"ApproximateNumberOfMessagesNotVisible\"]").json().toString())
                .contains("\"1\"");
        delete(queue, second).expect(200);
        assertThat(attributes(queue, "[\"ApproximateNumberOfMessagesNotVisible\"]").json().toString())
                .contains("\"0\"");
    }

    @Test
    void a_waiting_receiver_gets_a_message_whose_visibility_is_changed_to_0() throws Exception {
        String queue = sqs.queue();
        send(queue, "");
        String receipt = receipt(queue, "");
        CompletableFuture<JsonNode> waiting =
                CompletableFuture.supplyAsync(() -> receive(queue, ",\"WaitTimeSeconds\":20"));
        Thread.sleep(500);
        assertThat(waiting).isNotDone();
        long begin = System.nanoTime();
        sqs.call(
                        "ChangeMessageVisibilityBatch",
                        "{\"QueueUrl\":\"%s\",\"Entries\":[{\"Id\":\"1\",".formatted(url(queue))
                                + "\"ReceiptHandle\":\"%s\",\"VisibilityTimeout\":0}]}".formatted(receipt))
                .expect(200);
        assertThat(waiting.get(10, TimeUnit.SECONDS).path("Messages").size()).isOne();
        assertThat(System.nanoTime() - begin).isLessThan(1_500_000_000L);
    }

    private String receipt(String queue, String more) {
        return receive(queue, more).path("Messages").get(0).path("ReceiptHandle").asString();
    }

    private Http.Answer delete(String queue, String receipt) {
        return sqs.call(
                "DeleteMessage", "{\"QueueUrl\":\"%s\",\"ReceiptHandle\":\"%s\"}".formatted(url(queue), receipt));
    }

    @Test
    void attributes_named_rowmq_set_what_sqs_has_no_parameter_for() {
        String queue = sqs.queue();
        String attributes = ",\"MessageAttributes\":{"
                + "\"rowmq.id\":{\"DataType\":\"String\",\"StringValue\":\"order-1\"},"
                + "\"rowmq.ttl\":{\"DataType\":\"Number\",\"StringValue\":\"60\"}}";
        String first = send(queue, attributes).path("MessageId").asString();
        assertThat(send(queue, attributes).path("MessageId").asString()).isEqualTo(first).hasSize(36);
        JsonNode messages = receive(queue, ",\"MaxNumberOfMessages\":10,\"MessageAttributeNames\":[\"All\"]")
                .path("Messages");
        assertThat(messages.size()).isOne();
        assertThat(messages.get(0).path("MessageId").asString()).isEqualTo(first);
        assertThat(messages.get(0).path("MessageAttributes").path("rowmq.ttl").path("StringValue").asString())
                .isEqualTo("60");
    }

    @Test
    void attributes_of_a_trace_are_counted_unless_the_limits_are_relaxed() {
        StringBuilder more = new StringBuilder(",\"MessageAttributes\":{");
        for (String name : "a b c d e f g h i j traceparent tracestate baggage".split(" ")) {
            more.append("\"%s\":{\"DataType\":\"String\",\"StringValue\":\"v\"},".formatted(name));
        }
        more.setCharAt(more.length() - 1, '}');
        String queue = sqs.queue();
        String message = "{\"QueueUrl\":\"%s\",\"MessageBody\":\"m\"%s}".formatted(queue, more);
        assertThat(sqs.call("SendMessage", message).expect(400).json().path("__type").asString())
                .contains("InvalidParameterValue");
        try (RunningService relaxed = new RunningService(database.freshUrl(), "rowmq.sqs.limits=relaxed")) {
            SqsCaller other = new SqsCaller(relaxed.http());
            String there = other.queue();
            other.call("SendMessage", message.replace(queue, there)).expect(200);
            JsonNode received = other.call(
                            "ReceiveMessage",
                            "{\"QueueUrl\":\"%s\",\"MessageAttributeNames\":[\"All\"]}".formatted(there))
                    .expect(200)
                    .json();
            assertThat(received.path("Messages").get(0).path("MessageAttributes").size()).isEqualTo(13);
            other.call("SendMessage", message.replace(queue, there).replace("tracestate", "k")).expect(400);
        }
    }

    @Test
    void a_browser_at_the_root_gets_no_error_of_sqs() {
        Http.Answer page = sqs.http().get("/");
        assertThat(page.text()).doesNotContain("com.amazonaws");
        assertThat(page.json().path("console").asString()).isEqualTo("console/");
        assertThat(sqs.http().call("HEAD", "/?Action=ListQueues", null).status()).isEqualTo(200);
        assertThat(sqs.http().post("/v1/queues", "{}").text()).doesNotContain("com.amazonaws");
    }
}
