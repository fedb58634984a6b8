package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.support.Http;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.net.URI;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;

/** Keys that are limited to some queues, and keys with several secrets. */
class LimitedKeysTest {

    private static final String ADMIN = "admin-secret-0123456789";
    private static final String TEAM = "team-secret-0123456789x";
    private static final String TEAM_NEXT = "team-secret-next-012345";

    private static RunningService service;
    private static Http admin;
    private static Http team;

    @BeforeAll
    static void start() {
        service = new RunningService(
                TestDatabase.H2.freshUrl(),
                "rowmq.queue.auto-create=true",
                "rowmq.security.api-keys[0].name=admin",
                "rowmq.security.api-keys[0].secret=" + ADMIN,
                "rowmq.security.api-keys[0].role=admin",
                "rowmq.security.api-keys[1].name=team",
                "rowmq.security.api-keys[1].secrets=" + TEAM + "," + TEAM_NEXT,
                "rowmq.security.api-keys[1].role=admin",
                "rowmq.security.api-keys[1].queues=orders-*,shared,mixed");
        admin = service.http().withKey(ADMIN);
        team = service.http().withKey(TEAM);
        for (String queue : List.of("orders-new", "orders-dead", "shared", "bills", "bills-dead")) {
            admin.put("/v1/queues/" + queue, "{}").expect(201);
        }
        admin.put("/v1/topics/mixed", "{\"bindings\": [{\"queue\": \"bills\"}, {\"queue\": \"shared\"}]}").expect(201);
        admin.put("/v1/topics/empty", "{\"bindings\": []}").expect(201);
        admin.put("/v1/topics/orders-topic", "{\"bindings\": [{\"queue\": \"shared\"}]}").expect(201);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    /** Every route that names a queue, and those that concern all queues. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        PUT    | /v1/queues/bills                       | {}
        PUT    | /v1/queues/not-there                   | {}
        GET    | /v1/queues/bills                       |
        GET    | /v1/queues/not-there                   |
        DELETE | /v1/queues/bills                       |
        DELETE | /v1/queues/bills/messages              |
        POST   | /v1/queues/bills/pause                 |
        POST   | /v1/queues/bills/resume                |
        POST   | /v1/queues/bills/messages              | {"body": "x"}
        POST   | /v1/queues/not-there/messages          | {"body": "x"}
        POST   | /v1/queues/bills/messages/batch        | {"messages": [{"body": "x"}]}
        POST   | /v1/queues/bills/receive               | {}
        POST   | /v1/queues/bills/ack                   | {"receipts": ["x"]}
        POST   | /v1/queues/bills/nack                  | {"receipts": ["x"]}
        POST   | /v1/queues/bills/extend                | {"receipts": ["x"]}
        GET    | /v1/queues/bills/messages              |
        GET    | /v1/queues/bills/messages/x            |
        GET    | /v1/queues/bills/processed/x           |
        GET    | /v1/queues/bills/stream                |
        GET    | /v1/queues/bills/export                |
        GET    | /v1/queues/bills/dead-letters          |
        GET    | /v1/queues/bills/dead-letters/x        |
        POST   | /v1/queues/bills/dead-letters/redrive  | {"all": true}
        DELETE | /v1/queues/bills/dead-letters          |
        DELETE | /v1/queues/bills/dead-letters/x        |
        DELETE | /v1/queues/bills/messages/x            |
        POST   | /v1/queues/bills/messages/x/move       | {"destination": "orders-dead"}
        POST   | /v1/queues/orders-dead/messages/x/move | {"destination": "bills"}
        POST   | /v1/queues/bills/messages/x/make-ready |
        POST   | /v1/queues/bills/tasks                 | {"action": "delete"}
        POST   | /v1/queues/bills/tasks/preview         | {"action": "delete"}
        POST   | /v1/queues/orders-dead/tasks           | {"action": "move", "destination": "bills"}
        GET    | /v1/tasks?queue=bills                  |
        GET    | /v1/queues/bills/receivers             |
        GET    | /v1/queues/bills/messages?text=x       |
        GET    | /v1/queues/bills/subscriptions         |
        GET    | /v1/queues/bills/subscriptions/s       |
        PUT    | /v1/queues/bills/subscriptions/s       | {"url": "https://localhost/x"}
        DELETE | /v1/queues/bills/subscriptions/s       |
        POST   | /v1/queues/bills/subscriptions/s/pause |
        POST   | /v1/queues/bills/subscriptions/s/resume |
        POST   | /v1/queues/bills/subscriptions/s/rotate-secret |
        PUT    | /v1/queues/orders-new                  | {"deadLetterQueue": "bills"}
        GET    | /v1/topics/empty                       |
        PUT    | /v1/topics/empty                       | {"bindings": [{"queue": "shared"}]}
        DELETE | /v1/topics/empty                       |
        POST   | /v1/topics/empty/messages              | {"body": "x"}
        PUT    | /v1/topics/new-one                     | {"bindings": []}
        GET    | /v1/topics/mixed                       |
        PUT    | /v1/topics/mixed                       | {"bindings": []}
        DELETE | /v1/topics/mixed                       |
        POST   | /v1/topics/mixed/messages              | {"body": "x"}
        PUT    | /v1/topics/orders-topic                | {"bindings": [{"queue": "bills"}]}
        POST   | /v1/backup                             |
        GET    | /actuator/queues                       |
        GET    | /actuator/prometheus                   |
        GET    | /actuator/metrics                      |
        GET    | /actuator/info                         |
        """)
    void another_team_s_queues_are_closed_whether_they_exist_or_not(String method, String path, String body) {
        Http.Answer refused = team.call(method, path, body);
        assertThat(refused.status()).as(refused.text()).isEqualTo(403);
        assertThat(refused.code()).isEqualTo("FORBIDDEN");
        assertThat(refused.text()).as("names that the caller did not give").doesNotContain(
                path.contains("bills") || body != null && body.contains("bills") ? "mixed'" : "bills");
    }

    @Test
    void tasks_of_another_team_are_not_there() {
        String id = admin.post("/v1/queues/bills/tasks", "{\"action\": \"delete\", \"filter\": {\"text\": \"none\"}}")
                .expect(202)
                .json()
                .path("id")
                .asString();
        assertThat(admin.get("/v1/tasks").expect(200).text()).contains(id);
        assertThat(team.get("/v1/tasks").expect(200).text()).doesNotContain("bills");
        team.get("/v1/tasks/" + id).expect(404);
        team.post("/v1/tasks/" + id + "/cancel", null).expect(404);
    }

    @Test
    void no_error_names_a_queue_or_a_topic_of_another_team() {
        admin.put("/v1/queues/bills-2", "{\"deadLetterQueue\": \"orders-dead\"}").expect(201);
        assertThat(team.delete("/v1/queues/orders-dead").expect(409).text())
                .contains("takes the dead letters of another queue").doesNotContain("bills");
        admin.delete("/v1/queues/bills-2").expect(204);
        assertThat(team.delete("/v1/queues/shared").expect(409).text()).doesNotContain("bills");
    }

    @Test
    void an_import_is_closed_and_nothing_was_changed_in_the_other_queue() {
        Http.Answer refused = team.send(team.request("/v1/queues/bills/import")
                .header("Content-Type", "application/x-ndjson")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{\"body\": \"x\"}\n")));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(admin.get("/v1/queues/bills").json().path("stats").path("sent").asLong()).isZero();
        admin.get("/v1/queues/not-there").expect(404);
    }

    @Test
    void its_own_queues_are_open_with_all_that_its_role_allows() {
        team.post("/v1/queues/orders-new/messages", "{\"body\": \"x\"}").expect(201);
        team.put("/v1/queues/orders-new", "{\"deadLetterQueue\": \"orders-dead\"}").expect(200);
        String receipt = team.post("/v1/queues/orders-new/receive", "{}").expect(200)
                .json().path("messages").get(0).path("receipt").asString();
        team.post("/v1/queues/orders-new/ack", "{\"receipts\": [\"" + receipt + "\"]}").expect(200);
        team.post("/v1/queues/orders-by-auto-create/messages", "{\"body\": \"x\"}").expect(201);
        team.post("/v1/topics/orders-topic/messages", "{\"body\": \"x\"}").expect(200);
        team.get("/v1/topics/orders-topic").expect(200);
    }

    @Test
    void lists_have_its_own_queues_and_topics_only() {
        assertThat(names(team.get("/v1/queues?limit=1000"), "name"))
                .contains("orders-new", "shared").doesNotContain("bills", "bills-dead");
        assertThat(names(team.get("/v1/topics"), "name")).contains("orders-topic").doesNotContain("mixed", "empty");
        assertThat(names(admin.get("/v1/queues?limit=1000"), "name")).contains("bills");
    }

    private static List<String> names(Http.Answer list, String field) {
        return Http.list(list.expect(200).json().path("items")).stream()
                .map(item -> item.path(field).asString()).toList();
    }

    /** A failed message goes to the dead letter queue even if the receiver's key may not use that queue. */
    @Test
    void a_dead_letter_queue_outside_takes_the_dead_letters_and_stays_when_other_settings_change() {
        admin.put("/v1/queues/shared", "{\"deadLetterQueue\": \"bills-dead\", \"maxDeliveries\": 1}").expect(200);
        team.delete("/v1/queues/shared/messages").expect(202);
        team.post("/v1/queues/shared/messages", "{\"body\": \"x\"}").expect(201);
        String receipt = team.post("/v1/queues/shared/receive", "{}").expect(200)
                .json().path("messages").get(0).path("receipt").asString();
        assertThat(team.post("/v1/queues/shared/nack", "{\"receipts\": [\"" + receipt + "\"]}").expect(200)
                .json().path("results").get(0).path("status").asString()).isEqualTo("dead");
        assertThat(admin.get("/v1/queues/bills-dead").json().path("stats").path("ready").asLong()).isEqualTo(1);
        team.put("/v1/queues/shared", "{\"maxDeliveries\": 2}").expect(200);
    }

    @Test
    void the_sqs_api_is_limited_alike() {
        SqsCaller caller = new SqsCaller(team);
        assertThat(caller.call("GetQueueUrl", "{\"QueueName\": \"orders-new\"}").status()).isEqualTo(200);
        assertThat(caller.call("ListQueues", "{}").text()).contains("orders-new").doesNotContain("bills");
        for (String call : List.of(
                "GetQueueUrl {\"QueueName\": \"bills\"}",
                "CreateQueue {\"QueueName\": \"not-there\"}",
                "SendMessage {\"QueueUrl\": \"bills\", \"MessageBody\": \"x\"}",
                "ReceiveMessage {\"QueueUrl\": \"bills\"}",
                "GetQueueAttributes {\"QueueUrl\": \"bills\", \"AttributeNames\": [\"All\"]}",
                "PurgeQueue {\"QueueUrl\": \"bills\"}",
                "DeleteQueue {\"QueueUrl\": \"bills\"}",
                "ListQueueTags {\"QueueUrl\": \"bills\"}",
                "ListDeadLetterSourceQueues {\"QueueUrl\": \"bills\"}",
                "StartMessageMoveTask {\"SourceArn\": \"arn:aws:sqs:us-east-1:000000000000:bills\"}",
                "StartMessageMoveTask {\"SourceArn\": \"arn:aws:sqs:us-east-1:000000000000:orders-dead\"}",
                "StartMessageMoveTask {\"SourceArn\": \"arn:aws:sqs:us-east-1:000000000000:orders-dead\","
                        + " \"DestinationArn\": \"arn:aws:sqs:us-east-1:000000000000:bills\"}")) {
            String[] parts = call.split(" ", 2);
            Http.Answer refused = caller.call(parts[0], parts[1]);
            assertThat(refused.text()).as(call).contains("AccessDenied");
            assertThat(refused.status()).as(call).isEqualTo(403);
        }
    }

    /** While callers change from one secret to the next, both are good, as a bearer and for signatures. */
    @ParameterizedTest
    @ValueSource(strings = {TEAM, TEAM_NEXT})
    void each_secret_of_a_key_is_good(String secret) {
        service.http().withKey(secret).get("/v1/queues/orders-new").expect(200);
        try (SqsClient client = SqsClient.builder()
                .endpointOverride(URI.create(service.http().base()))
                .region(Region.EU_WEST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("team", secret)))
                .build()) {
            assertThat(client.listQueues().queueUrls()).isNotEmpty();
            assertThatThrownBy(() -> client.getQueueUrl(get -> get.queueName("bills")))
                    .hasMessageContaining("limited to the queues orders-*, shared");
        }
    }
}
