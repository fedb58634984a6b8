package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The matrix of bad input, for Amazon SQS's API: each request gets its error, and never a 500. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class SqsBadInputTest {

    private final SqsCaller sqs;

    SqsBadInputTest(TestDatabase database) {
        this.sqs = new SqsCaller(database.service().http());
    }

    /** A request; {@code {q}} is a queue that exists, and {@code {d}} another. */
    record Bad(String name, String action, String body, String error) {

        @Override
        public String toString() {
            return action + " " + name;
        }
    }

    private static Bad send(String name, String fields, String error) {
        return new Bad(name, "SendMessage", "{\"QueueUrl\":\"{q}\"" + fields + "}", error);
    }

    private static Bad attribute(String name, String attribute, String error) {
        return send(name, ",\"MessageBody\":\"m\",\"MessageAttributes\":{" + attribute + "}", error);
    }

    private static Bad batch(String name, String entries, String error) {
        return new Bad(name, "SendMessageBatch", "{\"QueueUrl\":\"{q}\",\"Entries\":[" + entries + "]}", error);
    }

    private static Bad receive(String name, String fields, String error) {
        return new Bad(name, "ReceiveMessage", "{\"QueueUrl\":\"{q}\"," + fields + "}", error);
    }

    private static Bad create(String name, String fields, String error) {
        return new Bad(name, "CreateQueue", "{" + fields + "}", error);
    }

    private static Bad set(String name, String attributes, String error) {
        return new Bad(name, "SetQueueAttributes", "{\"QueueUrl\":\"{q}\",\"Attributes\":{" + attributes + "}}", error);
    }

    private static String entry(String id, String body) {
        return "{\"Id\":\"" + id + "\",\"MessageBody\":\"" + body + "\"}";
    }

    private static String value(String type, String value) {
        return "{\"DataType\":\"" + type + "\",\"StringValue\":\"" + value + "\"}";
    }

    static Stream<Bad> sends() {
        return Stream.of(
                send("without a body", "", "MissingParameter"),
                send("with an empty body", ",\"MessageBody\":\"\"", "MissingParameter"),
                send("with a body that is null", ",\"MessageBody\":null", "MissingParameter"),
                send("with a number as body", ",\"MessageBody\":5", "SerializationException"),
                send("with a NUL", ",\"MessageBody\":\"a\\u0000\"", "InvalidMessageContents"),
                send("with U+FFFE", ",\"MessageBody\":\"a\\ufffe\"", "InvalidMessageContents"),
                send("with half a character", ",\"MessageBody\":\"a\\ud83d\"", "InvalidMessageContents"),
                send("with a delay of 901", ",\"MessageBody\":\"m\",\"DelaySeconds\":901", "InvalidParameterValue"),
                send("with a delay of -1", ",\"MessageBody\":\"m\",\"DelaySeconds\":-1", "InvalidParameterValue"),
                send("with a delay of 1.5", ",\"MessageBody\":\"m\",\"DelaySeconds\":1.5", "InvalidParameterValue"),
                send("with a huge delay", ",\"MessageBody\":\"m\",\"DelaySeconds\":1e400", "InvalidParameterValue"),
                send("with a delay as object", ",\"MessageBody\":\"m\",\"DelaySeconds\":{}", "SerializationException"),
                send("with a space in a group", ",\"MessageBody\":\"m\",\"MessageGroupId\":\"g g\"",
                        "InvalidParameterValue"),
                send("with a group that is too long",
                        ",\"MessageBody\":\"m\",\"MessageGroupId\":\"" + "g".repeat(129) + "\"",
                        "InvalidParameterValue"),
                send("with a deduplication id to a standard queue",
                        ",\"MessageBody\":\"m\",\"MessageDeduplicationId\":\"d\"", "InvalidParameterValue"),
                send("that is too large", ",\"MessageBody\":\"" + "m".repeat(1_048_577) + "\"",
                        "InvalidParameterValue"),
                new Bad("without a queue", "SendMessage", "{\"MessageBody\":\"m\"}", "MissingParameter"),
                new Bad("to no queue", "SendMessage", "{\"QueueUrl\":\"none\",\"MessageBody\":\"m\"}",
                        "QueueDoesNotExist"),
                new Bad("to a strange name", "SendMessage", "{\"QueueUrl\":\"a b\",\"MessageBody\":\"m\"}",
                        "InvalidParameterValue"),
                attribute(
                        "with 11 attributes",
                        IntStream.range(0, 11)
                                .mapToObj(i -> "\"a" + i + "\":" + value("String", "x"))
                                .collect(Collectors.joining(",")),
                        "InvalidParameterValue"),
                attribute("with a strange type", "\"a\":" + value("Text", "x"), "InvalidParameterValue"),
                attribute("without a type", "\"a\":{\"StringValue\":\"x\"}", "InvalidParameterValue"),
                attribute("with an empty value", "\"a\":" + value("String", ""), "InvalidParameterValue"),
                attribute("with a text as attribute", "\"a\":\"x\"", "SerializationException"),
                attribute("with a reserved name", "\"AWS.x\":" + value("String", "x"), "InvalidParameterValue"),
                attribute("with a name of dots", "\"a..b\":" + value("String", "x"), "InvalidParameterValue"),
                attribute("with no number", "\"a\":" + value("Number", "five"), "InvalidParameterValue"),
                attribute("with a great number", "\"a\":" + value("Number", "1e127"), "InvalidParameterValue"),
                attribute("with no base64", "\"a\":{\"DataType\":\"Binary\",\"BinaryValue\":\"%\"}",
                        "SerializationException"),
                attribute("with a control character", "\"a\":" + value("String", "\\u0001"), "InvalidParameterValue"),
                attribute("with a bad id", "\"rowmq.id\":" + value("String", "\\u200b"), "InvalidParameterValue"),
                attribute("with a bad ttl", "\"rowmq.ttl\":" + value("Number", "0"), "InvalidParameterValue"),
                attribute("with an unknown option", "\"rowmq.x\":" + value("String", "1"), "InvalidParameterValue"));
    }

    static Stream<Bad> others() {
        return Stream.of(
                batch("of nothing", "", "EmptyBatchRequest"),
                batch(
                        "of 11",
                        IntStream.range(0, 11).mapToObj(i -> entry("i" + i, "m")).collect(Collectors.joining(",")),
                        "TooManyEntriesInBatchRequest"),
                batch("with equal ids", entry("a", "m") + "," + entry("a", "m"), "BatchEntryIdsNotDistinct"),
                batch("with a bad id", entry("a b", "m"), "InvalidBatchEntryId"),
                batch("with a long id", entry("a".repeat(81), "m"), "InvalidBatchEntryId"),
                batch("without an id", "{\"MessageBody\":\"m\"}", "MissingParameter"),
                batch("with a text as entry", "\"x\"", "SerializationException"),
                batch(
                        "that is too long",
                        entry("a", "m".repeat(600_000)) + "," + entry("b", "m".repeat(600_000)),
                        "BatchRequestTooLong"),
                receive("of 0", "\"MaxNumberOfMessages\":0", "InvalidParameterValue"),
                receive("of 11", "\"MaxNumberOfMessages\":11", "InvalidParameterValue"),
                receive("of ten", "\"MaxNumberOfMessages\":\"ten\"", "InvalidParameterValue"),
                receive("of 2147483648", "\"MaxNumberOfMessages\":2147483648", "InvalidParameterValue"),
                receive("with a wait of 21", "\"WaitTimeSeconds\":21", "InvalidParameterValue"),
                receive("with a visibility of 43201", "\"VisibilityTimeout\":43201", "InvalidParameterValue"),
                receive("of an unknown attribute", "\"AttributeNames\":[\"Nothing\"]", "InvalidAttributeName"),
                receive("of attributes that are no list", "\"AttributeNames\":\"All\"", "SerializationException"),
                new Bad("of garbage", "DeleteMessage", "{\"QueueUrl\":\"{q}\",\"ReceiptHandle\":\"x\"}",
                        "ReceiptHandleIsInvalid"),
                new Bad("of much garbage", "DeleteMessage",
                        "{\"QueueUrl\":\"{q}\",\"ReceiptHandle\":\"" + "x".repeat(5000) + "\"}",
                        "ReceiptHandleIsInvalid"),
                new Bad("without a receipt", "DeleteMessage", "{\"QueueUrl\":\"{q}\"}", "MissingParameter"),
                new Bad("without a timeout", "ChangeMessageVisibility",
                        "{\"QueueUrl\":\"{q}\",\"ReceiptHandle\":\"x\"}", "MissingParameter"),
                create("without a name", "", "MissingParameter"),
                create("with an empty name", "\"QueueName\":\"\"", "MissingParameter"),
                create("with a long name", "\"QueueName\":\"" + "q".repeat(81) + "\"", "InvalidParameterValue"),
                create("with a path", "\"QueueName\":\"../x\"", "InvalidParameterValue"),
                create("with a homoglyph", "\"QueueName\":\"\\u0430\"", "InvalidParameterValue"),
                create("with a line end", "\"QueueName\":\"a\\r\\nb\"", "InvalidParameterValue"),
                create("with the name of a FIFO queue only", "\"QueueName\":\"a.fifo\"", "InvalidParameterValue"),
                create("with the attribute of a FIFO queue only",
                        "\"QueueName\":\"a\",\"Attributes\":{\"FifoQueue\":\"true\"}", "InvalidParameterValue"),
                create("with a bad scope",
                        "\"QueueName\":\"b.fifo\",\"Attributes\":{\"FifoQueue\":\"true\","
                                + "\"DeduplicationScope\":\"all\"}",
                        "InvalidAttributeValue"),
                create("with an unknown attribute", "\"QueueName\":\"a\",\"Attributes\":{\"X\":\"1\"}",
                        "InvalidAttributeName"),
                create("with attributes as a list", "\"QueueName\":\"a\",\"Attributes\":[]", "SerializationException"),
                set("with a read-only one", "\"QueueArn\":\"x\"", "InvalidAttributeName"),
                set("with a retention of 59", "\"MessageRetentionPeriod\":\"59\"", "InvalidAttributeValue"),
                set("with a size of 1048577", "\"MaximumMessageSize\":\"1048577\"", "InvalidAttributeValue"),
                set("with no policy", "\"Policy\":\"x\"", "InvalidAttributeValue"),
                set("with a number", "\"DelaySeconds\":5", "SerializationException"),
                set("with itself as dead letter queue", redrive("{q}", "3"), "InvalidParameterValue"),
                set("with a maximum of 0", redrive("{d}", "0"), "InvalidParameterValue"),
                set("with a maximum of 1001", redrive("{d}", "1001"), "InvalidParameterValue"),
                set("with a policy without a target", "\"RedrivePolicy\":\"{\\\"maxReceiveCount\\\":3}\"",
                        "InvalidParameterValue"),
                new Bad("of none", "SetQueueAttributes", "{\"QueueUrl\":\"{q}\"}", "MissingParameter"),
                new Bad("of an unknown one", "GetQueueAttributes",
                        "{\"QueueUrl\":\"{q}\",\"AttributeNames\":[\"X\"]}", "InvalidAttributeName"),
                new Bad("of a page of 0", "ListQueues", "{\"MaxResults\":0}", "InvalidParameterValue"),
                new Bad("with a foreign token", "ListQueues", "{\"NextToken\":\"%\"}", "InvalidParameterValue"),
                new Bad("with a long key", "TagQueue",
                        "{\"QueueUrl\":\"{q}\",\"Tags\":{\"" + "k".repeat(129) + "\":\"\"}}", "InvalidParameterValue"),
                new Bad("to somebody", "AddPermission", "{\"QueueUrl\":\"{q}\",\"Label\":\"l\"}",
                        "UnsupportedOperation"),
                new Bad("that is unknown", "Nothing", "{}", "InvalidAction"),
                new Bad("with a list as body", "ListQueues", "[]", "SerializationException"),
                new Bad("with half a body", "ListQueues", "{\"a\":", "SerializationException"),
                new Bad("with two bodies", "ListQueues", "{} {}", "SerializationException"),
                new Bad("with equal keys", "ListQueues", "{\"a\":1,\"a\":2}", "SerializationException"),
                new Bad("with NaN", "ListQueues", "{\"MaxResults\":NaN}", "SerializationException"),
                new Bad("with a deep body", "ListQueues", "{\"a\":" + "[".repeat(501) + "]".repeat(501) + "}",
                        "SerializationException"));
    }

    private static String redrive(String target, String count) {
        return "\"RedrivePolicy\":\"{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:us-east-1:000000000000:" + target
                + "\\\",\\\"maxReceiveCount\\\":" + count + "}\"";
    }

    @ParameterizedTest
    @MethodSource({"sends", "others"})
    void each_bad_request_gets_its_error(Bad bad) {
        String queue = sqs.queue();
        String other = bad.body().contains("{d}") ? sqs.queue() : "";
        Http.Answer answer = sqs.call(bad.action(), bad.body().replace("{q}", queue).replace("{d}", other));
        assertThat(answer.json().path("__type").asString()).as(answer.text())
                .isEqualTo("com.amazonaws.sqs#" + bad.error());
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.response().headers().firstValue("x-amzn-query-error").orElse("")).endsWith(";Sender");
        assertThat(answer.response().body().length).isLessThan(2_000);
        assertThat(sqs.call("GetQueueAttributes", "{\"QueueUrl\":\"%s\",\"AttributeNames\":[\"All\"]}".formatted(queue))
                        .json()
                        .path("Attributes")
                        .path("ApproximateNumberOfMessages")
                        .asString())
                .isEqualTo("0");
    }

    @Test
    void bodies_that_are_not_utf_8_and_other_encodings_are_refused() {
        byte[] latin1 = "{\"QueueName\":\"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(raw("application/x-amz-json-1.0", latin1, "x", "y").json().path("__type").asString())
                .endsWith("#SerializationException");
        byte[] mark = "\ufeff{}".getBytes(StandardCharsets.UTF_8);
        assertThat(raw("application/x-amz-json-1.0", mark, "x", "y").json().path("__type").asString())
                .endsWith("#SerializationException");
        assertThat(raw("application/x-amz-json-1.0", "{}".getBytes(StandardCharsets.UTF_8), "Content-Encoding", "gzip")
                        .status())
                .isEqualTo(400);
    }

    private Http.Answer raw(String type, byte[] body, String header, String value) {
        return sqs.http().send(sqs.http().request("/")
                .header("Content-Type", type)
                .header("X-Amz-Target", "AmazonSQS.GetQueueUrl")
                .header(header, value)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    @Test
    void a_request_without_an_action_is_refused_in_both_protocols() {
        assertThat(sqs.http().send(sqs.http().request("/")
                                .header("Content-Type", "application/x-amz-json-1.0")
                                .POST(HttpRequest.BodyPublishers.ofString("{}")))
                        .text())
                .contains("MissingAction");
        assertThat(sqs.query("/", "Version", "2012-11-05").text()).contains("<Code>MissingAction</Code>");
        assertThat(sqs.query("/", "Action", "Nothing").text()).contains("<Code>InvalidAction</Code>");
        assertThat(sqs.query("/", "Action", "SendMessage", "MessageAttribute.x.Name", "a").text())
                .contains("<Code>MissingParameter</Code>");
    }
}
