package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.support.Http;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.sqs.AmazonSQS;
import com.amazonaws.services.sqs.AmazonSQSClientBuilder;
import com.amazonaws.services.sqs.model.CreateQueueRequest;
import com.amazonaws.services.sqs.model.DeleteMessageBatchRequestEntry;
import com.amazonaws.services.sqs.model.Message;
import com.amazonaws.services.sqs.model.MessageAttributeValue;
import com.amazonaws.services.sqs.model.QueueDoesNotExistException;
import com.amazonaws.services.sqs.model.ReceiveMessageRequest;
import com.amazonaws.services.sqs.model.SendMessageBatchRequestEntry;
import com.amazonaws.services.sqs.model.SendMessageRequest;

/** The Query protocol: the AWS SDK for Java 1.12.500, which checks the MD5 sums itself, and requests on the wire. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class SqsQueryTest {

    private final SqsCaller wire;
    private final AmazonSQS sqs;

    SqsQueryTest(TestDatabase database) {
        this.wire = new SqsCaller(database.service().http());
        this.sqs = AmazonSQSClientBuilder.standard()
                .withEndpointConfiguration(
                        new EndpointConfiguration(database.service().http().base(), "us-east-1"))
                .withCredentials(new AWSStaticCredentialsProvider(new BasicAWSCredentials("any", "thing")))
                .build();
    }

    @AfterEach
    void close() {
        sqs.shutdown();
    }

    @Test
    void the_sdk_of_2023_sends_receives_and_deletes() {
        String url = sqs.createQueue(new CreateQueueRequest("query-" + System.nanoTime())
                        .addAttributesEntry("VisibilityTimeout", "45")
                        .addTagsEntry("team", "blue"))
                .getQueueUrl();
        sqs.sendMessage(new SendMessageRequest(url, "a <b> & \"c\" \r\n \ud83d\ude00")
                .addMessageAttributesEntry("n", new MessageAttributeValue().withDataType("Number").withStringValue("5"))
                .addMessageAttributesEntry(
                        "s", new MessageAttributeValue().withDataType("String").withStringValue("x")));
        assertThat(sqs.sendMessageBatch(
                                url,
                                List.of(
                                        new SendMessageBatchRequestEntry("one", "1"),
                                        new SendMessageBatchRequestEntry("two", "2")))
                        .getSuccessful())
                .hasSize(2);
        var messages = sqs.receiveMessage(new ReceiveMessageRequest(url)
                        .withMaxNumberOfMessages(10)
                        .withAttributeNames("All")
                        .withMessageAttributeNames("All"))
                .getMessages();
        assertThat(messages).hasSize(3);
        Message message = messages.getFirst();
        assertThat(message.getBody()).isEqualTo("a <b> & \"c\" \r\n \ud83d\ude00");
        assertThat(message.getMessageAttributes().get("n").getStringValue()).isEqualTo("5");
        assertThat(message.getAttributes()).containsEntry("ApproximateReceiveCount", "1");
        sqs.changeMessageVisibility(url, message.getReceiptHandle(), 60);
        sqs.deleteMessage(url, message.getReceiptHandle());
        assertThat(sqs.deleteMessageBatch(
                                url,
                                messages.subList(1, 3).stream()
                                        .map(one -> new DeleteMessageBatchRequestEntry(
                                                "i" + messages.indexOf(one), one.getReceiptHandle()))
                                        .toList())
                        .getSuccessful())
                .hasSize(2);
        assertThat(sqs.getQueueAttributes(url, List.of("All")).getAttributes())
                .containsEntry("VisibilityTimeout", "45")
                .containsEntry("ApproximateNumberOfMessages", "0");
        assertThat(sqs.listQueueTags(url).getTags()).isEqualTo(Map.of("team", "blue"));
        assertThat(sqs.listQueues("query-").getQueueUrls()).contains(url);
        sqs.deleteQueue(url);
        assertThatThrownBy(() -> sqs.getQueueUrl(url.substring(url.lastIndexOf('/') + 1)))
                .isInstanceOf(QueueDoesNotExistException.class);
    }

    @Test
    void an_error_is_xml_with_the_old_code() {
        Http.Answer missing = wire.query("/", "Action", "GetQueueUrl", "QueueName", "missing", "Version", "2012-11-05");
        assertThat(missing.status()).isEqualTo(400);
        assertThat(missing.text())
                .contains("<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>")
                .contains("<RequestId>");
        assertThat(missing.response().headers().firstValue("Content-Type")).contains("text/xml");
    }

    @Test
    void a_request_is_taken_at_the_url_of_its_queue_and_as_a_get() {
        String queue = wire.queue();
        assertThat(wire.query("/000000000000/" + queue, "Action", "SendMessage", "MessageBody", "m")
                        .expect(200)
                        .text())
                .contains("<SendMessageResult><MessageId>");
        String receive = "/000000000000/" + queue + "?Action=ReceiveMessage&Version=2012-11-05";
        assertThat(wire.http().get(receive).text()).as("a page in a browser could send this").contains("NOT_FOUND");
        assertThat(wire.http().withKey("any").get(receive).expect(200).text())
                .contains("<ReceiveMessageResult><Message><MessageId>")
                .contains("<Body>m</Body>");
    }

    @Test
    void a_list_without_numbers_has_one_item() {
        String queue = wire.queue();
        String path = "/000000000000/" + queue;
        wire.query(path, "Action", "SetQueueAttributes", "Attribute.Name", "VisibilityTimeout", "Attribute.Value", "9")
                .expect(200);
        assertThat(wire.query(path, "Action", "GetQueueAttributes", "AttributeName", "VisibilityTimeout").text())
                .contains("<Name>VisibilityTimeout</Name><Value>9</Value>");
    }

    @Test
    void parameters_that_contradict_each_other_nest_or_are_not_utf_8_are_refused() {
        for (String[] bad : new String[][] {
            {"Action", "ListQueues", "Entries", "x", "SendMessageBatchRequestEntry.1.Id", "a"},
            {"Action", "ListQueues", "AttributeNames", "x", "AttributeName.1", "All"},
            {"Action", "ListQueues", "Attributes", "x", "Attribute.1.Name", "a"},
            {"Action", "SendMessageBatch", "QueueUrl", wire.queue(), "SendMessageBatchRequestEntry.1."
                    .repeat(20_000), "a"}
        }) {
            assertThat(wire.query("/", bad).status()).isEqualTo(400);
        }
        for (String body : List.of("Action=ListQueues&QueueNamePrefix=%FF", "Action=%4", "a&".repeat(1_000_000))) {
            Http.Answer answer = wire.http().send(wire.http().request("/")
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(body)));
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.text()).contains("MalformedInput");
        }
    }

    @Test
    void an_empty_result_is_there() {
        assertThat(wire.query("/", "Action", "ListQueues", "QueueNamePrefix", "none-").expect(200).text())
                .contains("<ListQueuesResult></ListQueuesResult>");
    }

    @Test
    void a_doctype_is_no_request() {
        Http.Answer answer = wire.http().send(wire.http().request("/")
                .header("Content-Type", "text/xml")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>")));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("MissingAction");
    }
}
