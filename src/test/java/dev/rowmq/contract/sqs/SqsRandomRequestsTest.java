package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Seeded random requests to Amazon SQS's API over both protocols: 2,000, or 20,000 in the soak. None is answered by a
 * 500, or later than in five seconds. The seed is printed and can be set.
 */
class SqsRandomRequestsTest {

    private static final int REQUESTS = Boolean.getBoolean("rowmq.soak") ? 20_000 : 2_000;

    private static final String[] ACTIONS = {
        "CreateQueue", "GetQueueUrl", "ListQueues", "DeleteQueue", "GetQueueAttributes", "SetQueueAttributes",
        "SendMessage", "SendMessage", "SendMessage", "SendMessageBatch", "SendMessageBatch", "ReceiveMessage",
        "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch", "PurgeQueue", "TagQueue", "UntagQueue", "ListQueueTags", "AddPermission",
        "RemovePermission", "ListDeadLetterSourceQueues", "StartMessageMoveTask", "ListMessageMoveTasks",
        "CancelMessageMoveTask", "Nothing", ""
    };
    private static final String[] FIELDS = {
        "QueueName", "QueueUrl", "Attributes", "tags", "Tags", "MessageBody", "DelaySeconds", "MessageAttributes",
        "MessageSystemAttributes", "Entries", "Id", "ReceiptHandle", "VisibilityTimeout", "MaxNumberOfMessages",
        "AttributeNames", "MessageAttributeNames", "TagKeys", "MaxResults", "NextToken", "DataType", "StringValue",
        "BinaryValue", "RedrivePolicy", "Policy", "SourceArn", "SourceArn",
        "DestinationArn", "TaskHandle", "MaxNumberOfMessagesPerSecond", "x"
    };
    private static final String[] QUERY_FIELDS = {
        "QueueName", "QueueUrl", "Attribute.1.Name", "Attribute.1.Value", "Tag.1.Key", "Tag.1.Value", "MessageBody",
        "DelaySeconds", "MessageAttribute.1.Name", "MessageAttribute.1.Value.DataType",
        "MessageAttribute.1.Value.StringValue", "MessageAttribute.2", "SendMessageBatchRequestEntry.1.Id",
        "SendMessageBatchRequestEntry.1.MessageBody", "DeleteMessageBatchRequestEntry.1.Id",
        "DeleteMessageBatchRequestEntry.1.ReceiptHandle", "AttributeName.1", "AttributeName.999999", "AttributeName.x",
        "ReceiptHandle", "MaxNumberOfMessages", "VisibilityTimeout", "SourceArn", "DestinationArn", "TaskHandle",
        "MaxNumberOfMessagesPerSecond", "."
    };
    private static final String[] VALUES = {
        "0", "-1", "1", "7", "2147483648", "1e400", "0.5", "true", "", "x", "All", "a.fifo", "String", "Number",
        "Binary", "eA==", "%", "{}", "{\"maxReceiveCount\":1}", "VisibilityTimeout", "RedrivePolicy", "\u0000",
        "\ud83d\ude00", "'; drop table queue; --", "${x}", "arn:aws:sqs:us-east-1:000000000000:r0", "http://h/1/r1",
        "r0", "r1", "http://", "//", "?", "#"
    };

    private final Random random =
            new Random(Long.getLong("rowmq.seed", System.nanoTime()));

    private String pick(String[] of) {
        return of[random.nextInt(of.length)];
    }

    private String value(int depth) {
        return switch (random.nextInt(depth > 2 ? 3 : 6)) {
            case 0, 1 -> Http.quoted(pick(VALUES));
            case 2 -> List.of("0", "1", "-5", "1e400", "true", "null", "30", "\"\\udc00\"").get(random.nextInt(8));
            case 3 -> "[" + value(depth + 1) + (random.nextBoolean() ? "," + value(depth + 1) : "") + "]";
            default -> object(depth + 1);
        };
    }

    private String object(int depth) {
        List<String> members = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            members.add("\"" + pick(FIELDS) + "\":" + value(depth));
        }
        if (depth == 0 && random.nextInt(4) > 0) {
            members.addFirst("\"QueueUrl\":\"r" + random.nextInt(2) + "\"");
        }
        String text = "{" + String.join(",", members) + "}";
        return depth == 0 && random.nextInt(20) == 0 ? text.substring(random.nextInt(text.length())) : text;
    }

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void no_random_request_gets_a_500(TestDatabase database) {
        long seed = random.nextLong();
        random.setSeed(seed);
        System.out.println("seed of the random requests: " + seed);
        SqsCaller sqs = new SqsCaller(database.service().http());
        TreeMap<Integer, Integer> statuses = new TreeMap<>();
        for (int i = 0; i < REQUESTS; i++) {
            if (i % 50 == 0) {
                sqs.call("CreateQueue", "{\"QueueName\":\"r0\"}");
                sqs.call("CreateQueue", "{\"QueueName\":\"r1\"}");
            }
            long begin = System.nanoTime();
            String action = pick(ACTIONS);
            String request;
            Http.Answer answer;
            if (random.nextBoolean()) {
                request = action + " " + object(0);
                answer = sqs.call(action, request.substring(action.length() + 1));
            } else {
                List<String> form = new ArrayList<>(List.of("Action", action));
                for (int field = random.nextInt(6); field > 0; field--) {
                    form.add(pick(QUERY_FIELDS));
                    form.add(pick(VALUES));
                }
                String path = random.nextBoolean() ? "/" : "/000000000000/r" + random.nextInt(2);
                request = path + " " + form;
                answer = sqs.query(path, form.toArray(String[]::new));
            }
            assertThat(answer.status()).as("%s answered %s", request, answer.text()).isLessThan(500);
            assertThat(System.nanoTime() - begin).as(request).isLessThan(5_000_000_000L);
            statuses.merge(answer.status(), 1, Integer::sum);
        }
        System.out.println("statuses of the random requests: " + statuses);
        assertThat(statuses).containsKeys(200, 400);
    }
}
