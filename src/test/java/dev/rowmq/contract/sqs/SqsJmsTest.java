package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.TestDatabase;

import com.amazon.sqs.javamessaging.ProviderConfiguration;
import com.amazon.sqs.javamessaging.SQSConnection;
import com.amazon.sqs.javamessaging.SQSConnectionFactory;

import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;

import java.net.URI;
import java.util.UUID;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Amazon's JMS library 2.1.4 for SQS. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class SqsJmsTest {

    private final URI endpoint;

    SqsJmsTest(TestDatabase database) {
        this.endpoint = URI.create(database.service().http().base());
    }

    @Test
    void a_session_sends_receives_acknowledges_and_recovers() throws JMSException {
        String queue = "jms-" + UUID.randomUUID();
        try (SqsClient client = SqsClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "thing")))
                .build()) {
            client.createQueue(create -> create.queueName(queue));
            // no messages in advance: closing the connection would wait until the poll for them ends
            ProviderConfiguration settings = new ProviderConfiguration().withNumberOfMessagesToPrefetch(0);
            SQSConnection connection = new SQSConnectionFactory(settings, client).createConnection();
            try {
                Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
                MessageProducer producer = session.createProducer(session.createQueue(queue));
                TextMessage sent = session.createTextMessage("h\u00e9");
                sent.setStringProperty("shade", "blue");
                sent.setIntProperty("count", 3);
                producer.send(sent);
                MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
                connection.start();
                TextMessage first = (TextMessage) consumer.receive(10_000);
                assertThat(first.getText()).isEqualTo("h\u00e9");
                assertThat(first.getStringProperty("shade")).isEqualTo("blue");
                assertThat(first.getIntProperty("count")).isEqualTo(3);
                assertThat(first.getJMSMessageID()).isEqualTo(sent.getJMSMessageID());
                session.recover();
                TextMessage again = (TextMessage) consumer.receive(10_000);
                assertThat(again.getJMSRedelivered()).isTrue();
                again.acknowledge();
                assertThat(client.getQueueAttributes(get -> get.queueUrl(queue)
                                        .attributeNames(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE))
                                .attributesAsStrings())
                        .containsEntry("ApproximateNumberOfMessagesNotVisible", "0");
            } finally {
                connection.close();
            }
        }
    }
}
