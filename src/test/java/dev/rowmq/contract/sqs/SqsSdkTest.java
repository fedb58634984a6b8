package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.batchmanager.SqsAsyncBatchManager;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeNameForSends;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.QueueNameExistsException;
import software.amazon.awssdk.services.sqs.model.ReceiptHandleIsInvalidException;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;

/** The AWS SDK for Java 2: synchronous, asynchronous, and its batch manager. It checks the MD5 sums itself. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class SqsSdkTest {

    private static final StaticCredentialsProvider ANY =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "thing"));

    private final URI endpoint;
    private final SqsClient sqs;
    private final SqsCaller wire;

    SqsSdkTest(TestDatabase database) {
        this.endpoint = URI.create(database.service().http().base());
        this.wire = new SqsCaller(database.service().http());
        this.sqs = SqsClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(ANY)
                .build();
    }

    @AfterEach
    void close() {
        sqs.close();
    }

    private String queueUrl() {
        return sqs.createQueue(create -> create.queueName("sdk-" + UUID.randomUUID())).queueUrl();
    }

    @Test
    void a_message_with_attributes_of_all_types_makes_its_way() {
        String url = queueUrl();
        SendMessageResponse sent = sqs.sendMessage(send -> send.queueUrl(url)
                .messageBody("h\u00e9 \ud83d\ude00 <&>\r\n")
                .messageAttributes(Map.of(
                        "text", text("a"),
                        "count", MessageAttributeValue.builder().dataType("Number.int").stringValue("5").build(),
                        "bytes", MessageAttributeValue.builder()
                                .dataType("Binary.png")
                                .binaryValue(SdkBytes.fromByteArray(new byte[] {0, 1, -1}))
                                .build()))
                .messageSystemAttributes(Map.of(
                        MessageSystemAttributeNameForSends.AWS_TRACE_HEADER,
                        MessageSystemAttributeValue.builder().dataType("String").stringValue("Root=1").build())));
        assertThat(sent.messageId()).hasSize(36);

        Message message = sqs.receiveMessage(receive -> receive.queueUrl(url)
                        .messageSystemAttributeNames(MessageSystemAttributeName.ALL)
                        .messageAttributeNames("All"))
                .messages()
                .getFirst();
        assertThat(message.messageId()).isEqualTo(sent.messageId());
        assertThat(message.body()).isEqualTo("h\u00e9 \ud83d\ude00 <&>\r\n");
        assertThat(message.messageAttributes().get("text").stringValue()).isEqualTo("a");
        assertThat(message.messageAttributes().get("count").dataType()).isEqualTo("Number.int");
        assertThat(message.messageAttributes().get("bytes").binaryValue().asByteArray())
                .containsExactly(0, 1, -1);
        assertThat(message.attributes())
                .containsEntry(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT, "1")
                .containsEntry(MessageSystemAttributeName.AWS_TRACE_HEADER, "Root=1");

        sqs.changeMessageVisibility(change ->
                change.queueUrl(url).receiptHandle(message.receiptHandle()).visibilityTimeout(0));
        Message again = sqs.receiveMessage(receive -> receive.queueUrl(url).messageAttributeNames("t.*", "text"))
                .messages()
                .getFirst();
        assertThat(again.messageAttributes()).containsOnlyKeys("text");
        sqs.deleteMessage(delete -> delete.queueUrl(url).receiptHandle(again.receiptHandle()));
        assertThat(sqs.getQueueAttributes(get -> get.queueUrl(url).attributeNames(QueueAttributeName.ALL))
                        .attributesAsStrings())
                .containsEntry("ApproximateNumberOfMessages", "0")
                .containsEntry("ApproximateNumberOfMessagesNotVisible", "0");
    }

    private static MessageAttributeValue text(String value) {
        return MessageAttributeValue.builder().dataType("String").stringValue(value).build();
    }

    @Test
    @SuppressWarnings("unchecked")
    void batches_report_each_entry() {
        String url = queueUrl();
        SendMessageBatchResponse sent = sqs.sendMessageBatch(send -> send.queueUrl(url)
                .entries(
                        SendMessageBatchRequestEntry.builder().id("good").messageBody("a").build(),
                        SendMessageBatchRequestEntry.builder().id("bad").messageBody("\u0001").build()));
        assertThat(sent.successful()).hasSize(1);
        assertThat(sent.failed()).singleElement().satisfies(failed -> {
            assertThat(failed.id()).isEqualTo("bad");
            assertThat(failed.code()).isEqualTo("InvalidMessageContents");
            assertThat(failed.senderFault()).isTrue();
        });
        Message message = sqs.receiveMessage(receive -> receive.queueUrl(url).maxNumberOfMessages(10))
                .messages()
                .getFirst();
        assertThat(sqs.changeMessageVisibilityBatch(change -> change.queueUrl(url)
                                .entries(one -> one.id("1")
                                        .receiptHandle(message.receiptHandle())
                                        .visibilityTimeout(60)))
                        .successful())
                .hasSize(1);
        assertThat(sqs.deleteMessageBatch(delete -> delete.queueUrl(url)
                                .entries(
                                        one -> one.id("1").receiptHandle(message.receiptHandle()),
                                        two -> two.id("2").receiptHandle("nonsense")))
                        .failed())
                .singleElement()
                .satisfies(failed -> assertThat(failed.code()).isEqualTo("ReceiptHandleIsInvalid"));
    }

    @Test
    void errors_are_the_exceptions_of_the_sdk() {
        String url = queueUrl();
        assertThatThrownBy(() -> sqs.getQueueUrl(get -> get.queueName("not-there")))
                .isInstanceOf(QueueDoesNotExistException.class);
        assertThatThrownBy(() -> sqs.deleteMessage(delete -> delete.queueUrl(url).receiptHandle("nonsense")))
                .isInstanceOf(ReceiptHandleIsInvalidException.class);
        String name = url.substring(url.lastIndexOf('/') + 1);
        assertThatThrownBy(() -> sqs.createQueue(create -> create.queueName(name)
                        .attributes(Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "31"))))
                .isInstanceOf(QueueNameExistsException.class);
    }

    @Test
    void dead_letters_arrive_in_their_queue_with_their_source() {
        String dead = queueUrl();
        String arn = sqs.getQueueAttributes(get -> get.queueUrl(dead).attributeNames(QueueAttributeName.QUEUE_ARN))
                .attributes()
                .get(QueueAttributeName.QUEUE_ARN);
        String url = queueUrl();
        sqs.setQueueAttributes(set -> set.queueUrl(url)
                .attributes(Map.of(
                        QueueAttributeName.REDRIVE_POLICY,
                        "{\"deadLetterTargetArn\":\"%s\",\"maxReceiveCount\":\"1\"}".formatted(arn))));
        assertThat(sqs.listDeadLetterSourceQueues(list -> list.queueUrl(dead)).queueUrls()).containsExactly(url);
        sqs.sendMessage(send -> send.queueUrl(url).messageBody("poison"));
        sqs.receiveMessage(receive -> receive.queueUrl(url).visibilityTimeout(0));
        sqs.receiveMessage(receive -> receive.queueUrl(url));
        Message message = sqs.receiveMessage(receive -> receive.queueUrl(dead)
                        .waitTimeSeconds(10)
                        .messageSystemAttributeNames(MessageSystemAttributeName.ALL))
                .messages()
                .getFirst();
        assertThat(message.body()).isEqualTo("poison");
        assertThat(message.attributes().get(MessageSystemAttributeName.DEAD_LETTER_QUEUE_SOURCE_ARN))
                .endsWith(url.substring(url.lastIndexOf('/') + 1));
    }

    @Test
    void the_asynchronous_client_and_its_batch_manager_send_and_receive() {
        String url = queueUrl();
        try (SqsAsyncClient async = SqsAsyncClient.builder()
                        .endpointOverride(endpoint)
                        .region(Region.US_EAST_1)
                        .credentialsProvider(ANY)
                        .build();
                SqsAsyncBatchManager batches = async.batchManager()) {
            List<CompletableFuture<SendMessageResponse>> sends = IntStream.range(0, 50)
                    .mapToObj(i -> batches.sendMessage(send -> send.queueUrl(url).messageBody("m" + i)))
                    .toList();
            sends.forEach(CompletableFuture::join);
            int received = 0;
            while (received < 50) {
                List<Message> messages = async.receiveMessage(receive -> receive.queueUrl(url)
                                .maxNumberOfMessages(10)
                                .waitTimeSeconds(5))
                        .join()
                        .messages();
                assertThat(messages).isNotEmpty();
                messages.stream()
                        .map(message -> batches.deleteMessage(delete ->
                                delete.queueUrl(url).receiptHandle(message.receiptHandle())))
                        .toList()
                        .forEach(CompletableFuture::join);
                received += messages.size();
            }
        }
        assertThat(sqs.getQueueAttributes(get -> get.queueUrl(url).attributeNames(QueueAttributeName.ALL))
                        .attributesAsStrings())
                .containsEntry("ApproximateNumberOfMessages", "0");
    }

    @Test
    void a_queue_of_one_api_is_used_by_the_other() {
        String url = queueUrl();
        String name = url.substring(url.lastIndexOf('/') + 1);
        wire.http().post("/v1/queues/" + name + "/messages", "{\"body\": {\"a\": 1.50}, \"metadata\": {\"m\": \"x\"}}")
                .expect(201);
        Message message = sqs.receiveMessage(receive -> receive.queueUrl(url).messageAttributeNames("All"))
                .messages()
                .getFirst();
        assertThat(message.body()).isEqualTo("{\"a\":1.50}");
        assertThat(message.messageAttributes().get("m").stringValue()).isEqualTo("x");
        sqs.sendMessage(send -> send.queueUrl(url).messageBody("from SQS").messageAttributes(Map.of("k", text("v"))));
        var received = wire.http().post("/v1/queues/" + name + "/receive", "{}").expect(200).json().path("messages");
        assertThat(received.get(0).path("body").asString()).isEqualTo("from SQS");
        assertThat(received.get(0).path("metadata").path("k").asString()).isEqualTo("v");
    }
}
