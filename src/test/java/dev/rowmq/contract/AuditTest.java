package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.SqsCaller;
import dev.rowmq.support.TestDatabase;

import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

/** Who changed what, when, from where, and with which outcome. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class AuditTest {

    private static final String ADMIN = "admin-secret-0123456789";
    private static final String READ = "read-secret-0123456789x";

    private final RunningService service;
    private final Http admin;

    AuditTest(TestDatabase database) {
        service = new RunningService(
                database.freshUrl(),
                "rowmq.security.api-keys[0].name=admin",
                "rowmq.security.api-keys[0].secret=" + ADMIN,
                "rowmq.security.api-keys[0].role=admin",
                "rowmq.security.api-keys[1].name=eyes",
                "rowmq.security.api-keys[1].secret=" + READ,
                "rowmq.security.api-keys[1].role=read");
        admin = service.http().withKey(ADMIN);
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private List<JsonNode> changes(String query) {
        return Http.list(admin.get("/v1/audit" + query).expect(200).json().path("items"));
    }

    private static String line(JsonNode change) {
        return "%s %s %s %s %s".formatted(
                change.path("actor").asString(""),
                change.path("channel").asString(),
                change.path("action").asString(),
                change.path("resource").asString(""),
                change.path("status").asInt());
    }

    @Test
    void every_change_is_recorded_with_its_outcome_and_no_message_is() {
        admin.put("/v1/queues/orders", "{}").expect(201);
        QueueClient orders = new QueueClient(admin, "orders");
        orders.sendText("x");
        orders.ack(orders.receiveOne());
        admin.post("/v1/queues/orders/pause", null).expect(200);
        service.http().withKey(READ).delete("/v1/queues/orders").expect(403);
        admin.put("/v1/queues/orders", "{\"priorities\": 99}").expect(400);
        service.http().delete("/v1/queues/orders").expect(401);
        new SqsCaller(admin).call("PurgeQueue", "{\"QueueUrl\": \"http://localhost/0/orders\"}").expect(200);
        new SqsCaller(admin).call("SendMessage", "{\"QueueUrl\": \"orders\", \"MessageBody\": \"x\"}").expect(200);
        service.http().post("/console/session", "{\"key\": \"" + READ + "\"}").expect(204);
        service.http().post("/console/session", "{\"key\": \"wrong\"}").expect(401);
        admin.withHeader("X-RowMQ-Console", "1").delete("/v1/queues/orders/messages").expect(202);

        assertThat(changes("").stream().map(AuditTest::line)).containsExactly(
                "admin console purgeQueue orders 202",
                " api signIn  401",
                "eyes api signIn  204",
                "admin sqs PurgeQueue orders 200",
                "admin api putQueue orders 400",
                "eyes api DELETE orders 403",
                "admin api pauseQueue orders 200",
                "admin api putQueue orders 201");
        assertThat(changes("").getFirst().path("address").asString()).isEqualTo("127.0.0.1");
        assertThat(changes("").getFirst().path("path").asString()).isEqualTo("/v1/queues/orders/messages");
    }

    @Test
    void the_list_pages_filters_and_is_exported() {
        for (int i = 0; i < 7; i++) {
            admin.put("/v1/queues/q" + i % 2, "{}");
        }
        JsonNode first = admin.get("/v1/audit?limit=4").expect(200).json();
        String next = first.path("nextCursor").asString();
        JsonNode second = admin.get("/v1/audit?limit=4&cursor=" + next).expect(200).json();
        assertThat(first.path("items")).hasSize(4);
        assertThat(second.path("items")).hasSize(3);
        assertThat(second.path("nextCursor").isNull()).isTrue();
        assertThat(changes("?resource=q1")).hasSize(3);
        String lines = new String(admin.get("/v1/audit/export").expect(200).response().body());
        assertThat(lines.split("\n")).hasSize(7).allMatch(line -> line.startsWith("{\"at\":\""));
        assertThat(service.http().withKey(READ).get("/v1/audit").status()).isEqualTo(200);
    }

    /** Percent-encoded paths are recorded. Requests without a key add no entries except limited sign-in attempts. */
    @Test
    void a_change_is_recorded_however_its_path_is_written_and_a_flood_is_not() {
        admin.put("/%761/queues/enc%6Fded", "{}").expect(201);
        admin.post("/v1/queues/encoded/%6Dessages", "{\"body\": \"x\"}").expect(201);
        long begin = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            service.http().post("/x/console/session", "{\"key\": \"wrong\"}");
            service.http().post("/console/session", "{}");
            service.http().delete("/console/session").expect(204);
            service.http().post("/console/session", "{\"key\": \"wrong\"}");
        }
        assertThat(changes("").stream().map(AuditTest::line).distinct())
                .containsExactly(" api signIn  401", "admin api putQueue encoded 201");
        // ten attempts to sign in, one more for each six seconds, and the queue
        long seconds = (System.nanoTime() - begin) / 1_000_000_000;
        assertThat(changes("").size()).isLessThanOrEqualTo((int) (12 + seconds / 6));
        String longest = "q".repeat(80);
        admin.put("/v1/queues/" + longest, "{}").expect(201);
        assertThat(changes("?resource=" + longest)).hasSize(1);
        admin.put("/v1/queues/" + longest + "q", "{}").expect(400);
        assertThat(changes("").getFirst().path("status").asInt()).isEqualTo(400);
    }
}
