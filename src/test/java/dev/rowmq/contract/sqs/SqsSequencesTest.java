package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.util.HashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

/**
 * The calls of frameworks that are not run here, in their order, with what each of them relies on in the answers. Each
 * line of a table is a call: the action, the body, and checks of the answer. A check is {@code pointer = text}, {@code
 * pointer ~ pattern}, {@code ! pointer} (absent), {@code name := pointer} (kept for later bodies as {@code {name}}) or
 * {@code error code} (status 400 and the code in {@code x-amzn-query-error}). {@code {q}} is the name of the queue,
 * {@code {url}} its URL.
 */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class SqsSequencesTest {

    private final SqsCaller sqs;

    SqsSequencesTest(TestDatabase database) {
        this.sqs = new SqsCaller(database.service().http());
    }

    private void run(String table) {
        String name = "seq-" + System.nanoTime();
        Map<String, String> values = new HashMap<>(Map.of(
                "q", name, "url", sqs.http().base() + "/000000000000/" + name));
        for (String line : table.strip().split("\n")) {
            String[] cells = line.split("\\s*\\|\\s*", 3);
            Http.Answer answer = sqs.call(cells[0].strip(), filled(cells[1], values));
            boolean refused = cells.length > 2 && cells[2].startsWith("error ");
            assertThat(answer.status()).as(line + "\n" + answer.text()).isEqualTo(refused ? 400 : 200);
            for (String check : cells.length > 2 ? cells[2].split("\\s*;\\s*") : new String[0]) {
                if (!check.isBlank()) {
                    check(line, filled(check.strip(), values), answer, values);
                }
            }
        }
    }

    private static String filled(String text, Map<String, String> values) {
        String result = text;
        for (Map.Entry<String, String> value : values.entrySet()) {
            result = result.replace("{" + value.getKey() + "}", value.getValue());
        }
        return result;
    }

    private static void check(String line, String check, Http.Answer answer, Map<String, String> values) {
        String[] words = check.split(" ", 3);
        if (words[0].equals("error")) {
            assertThat(answer.response().headers().firstValue("x-amzn-query-error"))
                    .as(line)
                    .hasValue(words[1] + ";Sender");
        } else if (words[0].equals("!")) {
            assertThat(answer.json().at(words[1]).isMissingNode()).as(line + "\n" + answer.text()).isTrue();
        } else if (words[1].equals(":=")) {
            values.put(words[0], answer.json().at(words[2]).asString());
        } else {
            JsonNode found = answer.json().at(words[0]);
            assertThat(found.isMissingNode()).as(line + "\n" + answer.text()).isFalse();
            if (words[1].equals("=")) {
                assertThat(found.asString()).as(line).isEqualTo(words[2]);
            } else {
                assertThat(found.asString()).as(line).matches(words[2]);
            }
        }
    }

    @Test
    void terraform_makes_reads_tags_changes_and_deletes_a_queue() {
        run("""
            CreateQueue | {"QueueName":"{q}","Attributes":{"DelaySeconds":"0","MaximumMessageSize":"262144",\
            "MessageRetentionPeriod":"345600","ReceiveMessageWaitTimeSeconds":"0","VisibilityTimeout":"30",\
            "SqsManagedSseEnabled":"true","KmsDataKeyReusePeriodSeconds":"300"},"tags":{"stage":"test"}} \
            | /QueueUrl = {url}
            GetQueueAttributes | {"QueueUrl":"{url}","AttributeNames":["All"]} | first := /Attributes/QueueArn; \
            /Attributes/MaximumMessageSize = 262144; /Attributes/SqsManagedSseEnabled = true; \
            /Attributes/KmsDataKeyReusePeriodSeconds = 300; /Attributes/ReceiveMessageWaitTimeSeconds = 0; \
            ! /Attributes/RedrivePolicy; ! /Attributes/Policy; ! /Attributes/FifoQueue
            ListQueueTags | {"QueueUrl":"{url}"} | /Tags/stage = test
            SetQueueAttributes | {"QueueUrl":"{url}","Attributes":{"Policy":"{\\"Version\\":\\"2012-10-17\\"}"}} |
            GetQueueAttributes | {"QueueUrl":"{url}","AttributeNames":["All"]} | /Attributes/Policy ~ .*2012-10-17.*; \
            /Attributes/QueueArn = {first}
            TagQueue | {"QueueUrl":"{url}","Tags":{"team":"a"}} |
            UntagQueue | {"QueueUrl":"{url}","TagKeys":["stage"]} |
            ListQueueTags | {"QueueUrl":"{url}"} | /Tags/team = a; ! /Tags/stage
            DeleteQueue | {"QueueUrl":"{url}"} |
            GetQueueAttributes | {"QueueUrl":"{url}","AttributeNames":["All"]} \
            | error AWS.SimpleQueueService.NonExistentQueue
            """);
    }

    @Test
    void terraform_makes_a_fifo_queue_and_its_attributes_stay() {
        run("""
            CreateQueue | {"QueueName":"{q}.fifo","Attributes":{"FifoQueue":"true",\
            "ContentBasedDeduplication":"true","DeduplicationScope":"messageGroup",\
            "FifoThroughputLimit":"perMessageGroupId"}} | /QueueUrl = {url}.fifo
            GetQueueAttributes | {"QueueUrl":"{url}.fifo","AttributeNames":["All"]} | /Attributes/FifoQueue = true; \
            /Attributes/ContentBasedDeduplication = true; /Attributes/DeduplicationScope = messageGroup; \
            /Attributes/FifoThroughputLimit = perMessageGroupId
            CreateQueue | {"QueueName":"{q}.fifo","Attributes":{"FifoQueue":"true",\
            "ContentBasedDeduplication":"true"}} | /QueueUrl = {url}.fifo
            DeleteQueue | {"QueueUrl":"{url}.fifo"} |
            """);
    }

    @Test
    void camel_finds_the_queue_in_a_list_and_extends_visibility() {
        run("""
            ListQueues | {"QueueNamePrefix":"{q}","MaxResults":1000} | ! /QueueUrls; ! /NextToken
            CreateQueue | {"QueueName":"{q}","Attributes":{"VisibilityTimeout":"30","DelaySeconds":"0"}} |
            ListQueues | {"QueueNamePrefix":"{q}","MaxResults":1000} | /QueueUrls/0 ~ .*/{q}; ! /NextToken
            GetQueueUrl | {"QueueName":"{q}"} | /QueueUrl = {url}
            SetQueueAttributes | {"QueueUrl":"{url}","Attributes":{"VisibilityTimeout":"40"}} |
            SendMessage | {"QueueUrl":"{url}","MessageBody":"camel"} | /MessageId ~ [0-9a-f-]{36}
            ReceiveMessage | {"QueueUrl":"{url}","MaxNumberOfMessages":10,"AttributeNames":["All"],\
            "MessageAttributeNames":["All"]} | receipt := /Messages/0/ReceiptHandle; /Messages/0/Body = camel
            ChangeMessageVisibility | {"QueueUrl":"{url}","ReceiptHandle":"{receipt}","VisibilityTimeout":60} |
            DeleteMessage | {"QueueUrl":"{url}","ReceiptHandle":"{receipt}"} |
            """);
    }

    @Test
    void mass_transit_makes_a_missing_queue_and_needs_its_arn() {
        run("""
            GetQueueUrl | {"QueueName":"{q}"} | error AWS.SimpleQueueService.NonExistentQueue; \
            /__type = com.amazonaws.sqs#QueueDoesNotExist
            CreateQueue | {"QueueName":"{q}","Attributes":{},"tags":{}} | /QueueUrl = {url}
            GetQueueAttributes | {"QueueUrl":"{url}","AttributeNames":["All"]} | /Attributes/QueueArn ~ arn:aws:sqs:.*
            SetQueueAttributes | {"QueueUrl":"{url}","Attributes":{"Policy":"{\\"Statement\\":[]}"}} |
            SendMessageBatch | {"QueueUrl":"{url}","Entries":[{"Id":"0","MessageBody":"a"},\
            {"Id":"1","MessageBody":"b"}]} | /Successful/0/Id = 0; /Successful/1/Id = 1
            ReceiveMessage | {"QueueUrl":"{url}","AttributeNames":["All"],"MaxNumberOfMessages":10} \
            | r0 := /Messages/0/ReceiptHandle; r1 := /Messages/1/ReceiptHandle
            DeleteMessageBatch | {"QueueUrl":"{url}","Entries":[{"Id":"0","ReceiptHandle":"{r0}"},\
            {"Id":"1","ReceiptHandle":"{r1}"}]} | /Successful/1/Id = 1
            PurgeQueue | {"QueueUrl":"{url}"} |
            DeleteQueue | {"QueueUrl":"{url}"} |
            """);
    }

    @Test
    void nservicebus_has_a_fifo_queue_for_delays_without_a_redrive_policy() {
        run("""
            CreateQueue | {"QueueName":"{q}"} | /QueueUrl = {url}
            SetQueueAttributes | {"QueueUrl":"{url}","Attributes":{"MessageRetentionPeriod":"345600"}} |
            CreateQueue | {"QueueName":"{q}-delay.fifo","Attributes":{"FifoQueue":"true"}} |
            SetQueueAttributes | {"QueueUrl":"{url}-delay.fifo","Attributes":{"MessageRetentionPeriod":"1209600",\
            "DelaySeconds":"900"}} |
            GetQueueAttributes | {"QueueUrl":"{url}-delay.fifo","AttributeNames":["DelaySeconds",\
            "MessageRetentionPeriod","RedrivePolicy"]} | /Attributes/DelaySeconds = 900; \
            /Attributes/MessageRetentionPeriod = 1209600; ! /Attributes/RedrivePolicy
            SendMessage | {"QueueUrl":"{url}-delay.fifo","MessageBody":"later","MessageGroupId":"g",\
            "MessageDeduplicationId":"1"} | /SequenceNumber ~ [0-9]+
            GetQueueAttributes | {"QueueUrl":"{url}-delay.fifo",\
            "AttributeNames":["ApproximateNumberOfMessagesDelayed"]} \
            | /Attributes/ApproximateNumberOfMessagesDelayed = 1
            SendMessageBatch | {"QueueUrl":"{url}","Entries":[{"Id":"0","MessageBody":"now"}]} |
            ReceiveMessage | {"QueueUrl":"{url}","WaitTimeSeconds":5,"MessageSystemAttributeNames":\
            ["ApproximateReceiveCount","SentTimestamp"],"MessageAttributeNames":["All"]} \
            | /Messages/0/Attributes/SentTimestamp ~ [0-9]{13}; /Messages/0/Attributes/ApproximateReceiveCount = 1
            """);
    }

    @Test
    void keda_reads_three_counts_as_texts() {
        run("""
            CreateQueue | {"QueueName":"{q}"} | /QueueUrl ~ http://[^/]+/[^/]+/[^/]+
            SendMessage | {"QueueUrl":"{url}","MessageBody":"m"} |
            SendMessage | {"QueueUrl":"{url}","MessageBody":"m","DelaySeconds":600} |
            ReceiveMessage | {"QueueUrl":"{url}"} |
            GetQueueAttributes | {"QueueUrl":"{url}","AttributeNames":["ApproximateNumberOfMessages",\
            "ApproximateNumberOfMessagesNotVisible","ApproximateNumberOfMessagesDelayed"]} \
            | /Attributes/ApproximateNumberOfMessages = 0; /Attributes/ApproximateNumberOfMessagesNotVisible = 1; \
            /Attributes/ApproximateNumberOfMessagesDelayed = 1
            """);
    }

    @Test
    void redpanda_connect_reads_the_id_and_the_code_of_failed_entries() {
        run("""
            CreateQueue | {"QueueName":"{q}"} |
            GetQueueAttributes | {"QueueUrl":"{url}","AttributeNames":["QueueArn"]} | /Attributes/QueueArn ~ arn:.*
            SendMessageBatch | {"QueueUrl":"{url}","Entries":[{"Id":"a","MessageBody":"m"},\
            {"Id":"b","MessageBody":""}]} | /Successful/0/Id = a; /Failed/0/Id = b; /Failed/0/Code ~ .+; \
            /Failed/0/SenderFault = true
            ReceiveMessage | {"QueueUrl":"{url}","AttributeNames":["All"],"VisibilityTimeout":30} \
            | id := /Messages/0/MessageId; receipt := /Messages/0/ReceiptHandle
            ChangeMessageVisibilityBatch | {"QueueUrl":"{url}","Entries":[{"Id":"{id}",\
            "ReceiptHandle":"{receipt}","VisibilityTimeout":60}]} | /Successful/0/Id = {id}
            DeleteMessageBatch | {"QueueUrl":"{url}","Entries":[{"Id":"{id}","ReceiptHandle":"{receipt}"},\
            {"Id":"bad","ReceiptHandle":"nonsense"}]} | /Successful/0/Id = {id}; /Failed/0/Id = bad; \
            /Failed/0/Code = ReceiptHandleIsInvalid
            """);
    }

    @Test
    void laravel_receives_one_without_a_wait_and_purges() {
        run("""
            CreateQueue | {"QueueName":"{q}"} |
            SendMessage | {"QueueUrl":"{url}","MessageBody":"{\\"job\\":1}","MessageGroupId":"tenant-1"} \
            | /MessageId ~ .+
            ReceiveMessage | {"QueueUrl":"{url}","AttributeNames":["ApproximateReceiveCount"]} \
            | receipt := /Messages/0/ReceiptHandle; /Messages/0/Attributes/ApproximateReceiveCount = 1
            ChangeMessageVisibility | {"QueueUrl":"{url}","ReceiptHandle":"{receipt}","VisibilityTimeout":90} |
            DeleteMessage | {"QueueUrl":"{url}","ReceiptHandle":"{receipt}"} |
            GetQueueAttributes | {"QueueUrl":"{url}","AttributeNames":["ApproximateNumberOfMessages",\
            "ApproximateNumberOfMessagesDelayed","ApproximateNumberOfMessagesNotVisible"]} \
            | /Attributes/ApproximateNumberOfMessages = 0
            PurgeQueue | {"QueueUrl":"{url}"} |
            ReceiveMessage | {"QueueUrl":"{url}","AttributeNames":["ApproximateReceiveCount"]} | ! /Messages
            """);
    }
}
