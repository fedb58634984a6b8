package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import io.awspring.cloud.sqs.annotation.SqsListener;
import io.awspring.cloud.sqs.config.SqsBootstrapConfiguration;
import io.awspring.cloud.sqs.config.SqsMessageListenerContainerFactory;
import io.awspring.cloud.sqs.listener.acknowledgement.Acknowledgement;
import io.awspring.cloud.sqs.operations.SqsTemplate;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.support.MessageBuilder;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/** Spring Cloud AWS 4.1: its template, and its listeners with each way to acknowledge. It makes missing queues. */
@Tag("long")
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class SpringCloudAwsIT {

    private final SqsAsyncClient client;
    private final SqsTemplate template;
    private final SqsCaller wire;

    SpringCloudAwsIT(TestDatabase database) {
        this.wire = new SqsCaller(database.service().http());
        this.client = SqsAsyncClient.builder()
                .endpointOverride(URI.create(database.service().http().base()))
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "thing")))
                .build();
        this.template = SqsTemplate.builder().sqsAsyncClient(client).build();
    }

    @AfterEach
    void close() {
        client.close();
    }

    @Test
    void the_template_makes_the_queue_sends_and_receives() {
        String queue = "template-" + UUID.randomUUID();
        template.send(queue, MessageBuilder.withPayload("one").setHeader("shade", "blue").build());
        template.sendMany(
                queue,
                IntStream.range(0, 10).mapToObj(i -> MessageBuilder.withPayload("m" + i).build()).toList());
        Message<?> first = template.receive(options -> options.queue(queue).pollTimeout(Duration.ofSeconds(5)))
                .orElseThrow();
        assertThat(first.getHeaders()).containsEntry("shade", "blue");
        assertThat(template.receiveMany(options -> options.queue(queue).maxNumberOfMessages(10))).hasSize(10);
        assertThat(ready(queue)).isZero();
    }

    private int ready(String queue) {
        return wire.http().get("/v1/queues/" + queue).expect(200).json().path("stats").path("ready").asInt()
                + wire.http().get("/v1/queues/" + queue).expect(200).json().path("stats").path("inFlight").asInt();
    }

    /** Listeners of three queues. */
    static class Listeners {

        final Set<String> onSuccess = ConcurrentHashMap.newKeySet();
        final Set<String> manual = ConcurrentHashMap.newKeySet();
        final Set<String> batch = ConcurrentHashMap.newKeySet();
        final Map<String, Integer> attempts = new ConcurrentHashMap<>();

        @SqsListener(queueNames = "${on.success}", maxConcurrentMessages = "20")
        void onSuccess(String payload) {
            if (payload.equals("m7") && attempts.merge(payload, 1, Integer::sum) < 2) {
                throw new IllegalStateException("the first delivery of m7 fails, as the test wants");
            }
            onSuccess.add(payload);
        }

        @SqsListener(queueNames = "${manual}", acknowledgementMode = "MANUAL")
        void manual(String payload, Acknowledgement acknowledgement) {
            manual.add(payload);
            acknowledgement.acknowledge();
        }

        @SqsListener(queueNames = "${batch}", maxMessagesPerPoll = "10")
        void batch(List<String> payloads) {
            batch.addAll(payloads);
        }
    }

    @Import(SqsBootstrapConfiguration.class)
    static class Bootstrap {}

    @Test
    void listeners_receive_all_messages_and_acknowledge_them() {
        Map<String, String> names = Map.of(
                "on.success", "listen-" + UUID.randomUUID(),
                "manual", "manual-" + UUID.randomUUID(),
                "batch", "batch-" + UUID.randomUUID());
        // a failed delivery comes back after this time
        wire.call("CreateQueue", "{\"QueueName\":\"%s\",\"Attributes\":{\"VisibilityTimeout\":\"2\"}}"
                .formatted(names.get("on.success"))).expect(200);
        names.values().forEach(queue -> IntStream.of(0, 10, 20).forEach(from -> template.sendMany(
                queue,
                IntStream.range(from, from + 10)
                        .mapToObj(i -> MessageBuilder.withPayload("m" + i).build())
                        .toList())));
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.getEnvironment().getSystemProperties().putAll(names);
            context.registerBean("defaultSqsListenerContainerFactory", SqsMessageListenerContainerFactory.class, () ->
                    SqsMessageListenerContainerFactory.builder().sqsAsyncClient(client).build());
            context.register(Bootstrap.class, Listeners.class);
            context.refresh();
            Listeners listeners = context.getBean(Listeners.class);
            Set<String> all = IntStream.range(0, 30).mapToObj(i -> "m" + i).collect(Collectors.toSet());
            Eventually.within(
                    Duration.ofSeconds(30),
                    "all messages were received",
                    () -> listeners.onSuccess.equals(all)
                            && listeners.manual.equals(all)
                            && listeners.batch.equals(all));
            Eventually.within(
                    Duration.ofSeconds(10),
                    "all messages were acknowledged",
                    () -> names.values().stream().allMatch(queue -> ready(queue) == 0));
        } finally {
            names.keySet().forEach(System::clearProperty);
        }
    }

    /** A listener of a FIFO queue. */
    static class InOrder {

        final Map<String, List<String>> byGroup = new ConcurrentHashMap<>();
        final Set<String> failed = ConcurrentHashMap.newKeySet();

        @SqsListener(queueNames = "${in.order}", maxConcurrentMessages = "20")
        void receive(String payload, @Header("Sqs_Msa_MessageGroupId") String group) {
            if (payload.endsWith("3") && failed.add(payload)) {
                throw new IllegalStateException("the first delivery of the fourth message fails, as the test wants");
            }
            byGroup.computeIfAbsent(group, any -> new CopyOnWriteArrayList<>()).add(payload);
        }
    }

    @Test
    void a_listener_of_a_fifo_queue_gets_each_group_in_order_despite_failures() {
        String queue = "ordered-" + UUID.randomUUID() + ".fifo";
        wire.call("CreateQueue", ("{\"QueueName\":\"%s\",\"Attributes\":{\"VisibilityTimeout\":\"2\","
                + "\"FifoQueue\":\"true\"}}").formatted(queue)).expect(200);
        for (int i = 0; i < 8; i++) {
            for (String group : List.of("a", "b", "c")) {
                String payload = group + i;
                template.send(to -> to.queue(queue).payload(payload).messageGroupId(group)
                        .messageDeduplicationId(payload));
            }
        }
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.getEnvironment().getSystemProperties().put("in.order", queue);
            context.registerBean("defaultSqsListenerContainerFactory", SqsMessageListenerContainerFactory.class, () ->
                    SqsMessageListenerContainerFactory.builder().sqsAsyncClient(client).build());
            context.register(Bootstrap.class, InOrder.class);
            context.refresh();
            InOrder listener = context.getBean(InOrder.class);
            Eventually.within(Duration.ofSeconds(60), "all were acknowledged", () -> ready(queue) == 0);
            assertThat(listener.failed).hasSize(3);
            for (String group : List.of("a", "b", "c")) {
                assertThat(listener.byGroup.get(group))
                        .containsExactlyElementsOf(IntStream.range(0, 8).mapToObj(i -> group + i).toList());
            }
        } finally {
            System.clearProperty("in.order");
        }
    }
}
