package dev.rowmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The API's own description: complete, and true of the answers. */
class OpenApiTest {

    private static final JsonMapper JSON = new JsonMapper();

    private final Http http = TestDatabase.H2.service().http();
    private final JsonNode document = http.get("/v3/api-docs").expect(200).json();

    @Test
    void it_is_openapi_3_1() {
        assertThat(document.path("openapi").asString()).startsWith("3.1");
        assertThat(http.get("/swagger-ui/index.html").status()).isEqualTo(200);
    }

    @Test
    void every_served_route_is_documented_and_every_documented_route_is_served() {
        Set<String> served = new TreeSet<>();
        TestDatabase.H2.service()
                .bean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class)
                .getHandlerMethods()
                .keySet()
                .forEach(route -> route.getPatternValues().stream()
                        .filter(path -> path.startsWith("/v1"))
                        .forEach(path -> route.getMethodsCondition().getMethods()
                                .forEach(method -> served.add(method + " " + path))));
        Set<String> documented = new TreeSet<>();
        document.path("paths").properties().forEach(path -> path.getValue()
                .propertyNames()
                .forEach(method -> documented.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey())));
        assertThat(documented).isEqualTo(served).hasSizeGreaterThan(20);
    }

    @Test
    void operation_ids_say_what_a_call_does_and_stay_the_same() throws IOException {
        List<String> ids = new ArrayList<>();
        document.path("paths").forEach(path -> path.forEach(
                call -> ids.add(call.path("operationId").asString())));
        assertThat(ids)
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrder(
                        "ackMessages",
                        "cancelTask",
                        "createBackup",
                        "deleteDeadLetter",
                        "deleteDeadLetters",
                        "deleteMessage",
                        "deleteQueue",
                        "deleteSubscription",
                        "deleteTopic",
                        "exportChanges",
                        "exportMessages",
                        "extendLeases",
                        "getCaller",
                        "getDeadLetter",
                        "getDiagnosis",
                        "getFigureSeries",
                        "getFigures",
                        "getMessage",
                        "getProcessedId",
                        "getQueue",
                        "getSubscription",
                        "getTask",
                        "getTopic",
                        "importMessages",
                        "listChanges",
                        "listDeadLetterGroups",
                        "listDeadLetters",
                        "listMessages",
                        "listQueues",
                        "listReceivers",
                        "listSubscriptions",
                        "listTasks",
                        "listTopics",
                        "makeMessageReady",
                        "moveMessage",
                        "nackMessages",
                        "pauseQueue",
                        "pauseSubscription",
                        "previewTask",
                        "publishMessage",
                        "purgeQueue",
                        "putQueue",
                        "putSubscription",
                        "putTopic",
                        "receiveMessages",
                        "redriveDeadLetters",
                        "resumeQueue",
                        "resumeSubscription",
                        "rotateSubscriptionSecret",
                        "sendMessage",
                        "sendMessageBatch",
                        "startTask",
                        "streamFigures",
                        "streamMessages");
        assertThat(document.path("info").path("version").asString()).matches("\\d+\\.\\d+\\.\\d+.*");
        Path folder = Files.createDirectories(Path.of("target/openapi"));
        Files.writeString(folder.resolve("openapi.json"), JSON.writeValueAsString(document));
    }

    @Test
    void schemas_are_those_of_the_api_and_examples_match_them() {
        assertThat(document.path("components").path("schemas").propertyNames())
                .noneMatch(name -> name.matches(".*(Buffer|Printer|Escapes|Codec|Generator|JsonNode).*"));
        document.path("paths").properties().forEach(path -> path.getValue().forEach(call -> {
            JsonNode body = call.path("requestBody").path("content").path("application/json");
            if (body.has("example")) {
                valid(
                        path.getKey(),
                        (ObjectNode) body.path("schema").deepCopy(),
                        body.path("example").toString());
            }
        }));
    }

    @Test
    void every_parameter_has_a_schema() {
        document.path("paths").properties().forEach(path -> path.getValue().forEach(
                call -> call.path("parameters").forEach(parameter -> assertThat(parameter.has("schema"))
                        .as(path.getKey() + " " + parameter.path("name").asString())
                        .isTrue())));
    }

    @Test
    void every_call_has_a_summary_and_an_example_for_each_of_its_error_codes() {
        Set<String> codes = new TreeSet<>();
        document.path("paths").forEach(path -> path.forEach(call -> {
            assertThat(call.path("summary").asString()).isNotBlank();
            call.path("responses").properties().forEach(response -> {
                if (response.getKey().startsWith("2")) {
                    return;
                }
                JsonNode content = response.getValue().path("content").path("application/problem+json");
                assertThat(content.path("examples").size()).as(call.path("summary").asString()).isPositive();
                codes.addAll(content.path("examples").propertyNames());
            });
        }));
        List<String> undocumented = new ArrayList<>();
        for (dev.rowmq.model.error.ErrorCode code : dev.rowmq.model.error.ErrorCode.values()) {
            if (!codes.contains(code.name())) {
                undocumented.add(code.name());
            }
        }
        // the answer to what is no call of this API
        assertThat(undocumented).containsExactly("METHOD_NOT_ALLOWED");
    }

    @Test
    void every_call_with_a_body_has_an_example_of_it() {
        document.path("paths").properties().forEach(path -> path.getValue().forEach(call -> {
            if (call.has("requestBody")) {
                JsonNode types = call.path("requestBody").path("content");
                assertThat(types).as(path.getKey()).isNotEmpty().allSatisfy(type ->
                        assertThat(type.path("example").isObject()).as(path.getKey()).isTrue());
            }
        }));
    }

    @Test
    void answers_match_their_schemas() {
        QueueClient queue = http.queue("{\"maxDeliveries\": 1, \"sendRate\": {\"messagesPerSecond\": 1000}}");
        String path = "/v1/queues/{queue}";
        matches("put", path, http.put(queue.path(), "{\"delay\": \"0s\"}"), 200);
        QueueClient other = new QueueClient(http, queue.name() + "x");
        matches("put", path, http.put(other.path(), "{}"), 201);
        matches("get", path, http.get(queue.path()), 200);
        matches("get", "/v1/queues", http.get("/v1/queues?limit=1"), 200);
        matches("post", path + "/messages", queue.send("{\"body\": {\"a\": 1}, \"id\": \"a\"}"), 201);
        matches("post", path + "/messages", queue.send("{\"body\": {\"a\": 1}, \"id\": \"a\"}"), 200);
        matches("post", path + "/messages", queue.send("{\"body\": 1, \"id\": \"a\"}"), 422);
        matches("post", path + "/messages", queue.send("{}"), 400);
        matches(
                "post",
                path + "/messages/batch",
                queue.sendBatch("{\"body\": [1]}, {\"body\": \"\"}, {\"bodyBase64\": \"eA==\"}"),
                200);
        matches("get", path + "/messages", http.get(queue.path() + "/messages"), 200);
        matches("get", path + "/messages/{id}", http.get(queue.path() + "/messages/a"), 200);
        matches("get", path + "/messages/{id}", http.get(queue.path() + "/messages/none"), 404);
        Http.Answer received = http.post(queue.path() + "/receive", "{\"max\": 3}");
        matches("post", path + "/receive", received, 200);
        List<JsonNode> messages = Http.list(received.json().path("messages"));
        matches("post", path + "/extend", settle(queue, "extend", messages.get(0)), 200);
        matches("post", path + "/ack", settle(queue, "ack", messages.get(0)), 200);
        matches("get", path + "/processed/{id}", http.get(queue.path() + "/processed/a"), 200);
        matches("post", path + "/nack", settle(queue, "nack", messages.get(1)), 200);
        matches("post", path + "/nack", settle(queue, "nack", messages.get(2)), 200);
        Http.Answer letters = http.get(queue.path() + "/dead-letters?limit=1");
        matches("get", path + "/dead-letters", letters, 200);
        String dead = letters.json().path("items").path(0).path("id").asString();
        matches("get", path + "/dead-letters/{id}", http.get(queue.path() + "/dead-letters/" + dead), 200);
        matches(
                "post",
                path + "/dead-letters/redrive",
                http.post(queue.path() + "/dead-letters/redrive", "{\"ids\": [\"" + dead + "\"]}"),
                200);
        matches(
                "post",
                path + "/dead-letters/redrive",
                http.post(queue.path() + "/dead-letters/redrive", "{\"all\": true}"),
                202);
        matches("delete", path + "/dead-letters/{id}", http.delete(queue.path() + "/dead-letters/none"), 404);
        matches("delete", path + "/dead-letters", http.delete(queue.path() + "/dead-letters"), 202);
        matches("post", path + "/pause", http.post(queue.path() + "/pause", null), 200);
        matches("post", path + "/resume", http.post(queue.path() + "/resume", null), 200);
        matches("delete", path + "/messages", http.delete(queue.path() + "/messages"), 202);
        String topic = "/v1/topics/" + queue.name();
        matches("put", "/v1/topics/{topic}", http.put(topic, "{}"), 201);
        matches(
                "put",
                "/v1/topics/{topic}",
                http.put(topic, "{\"bindings\": [{\"queue\": \"" + queue.name() + "\"}]}"),
                200);
        matches("get", "/v1/topics/{topic}", http.get(topic), 200);
        matches("get", "/v1/topics", http.get("/v1/topics?limit=1"), 200);
        matches("post", "/v1/topics/{topic}/messages", http.post(topic + "/messages", "{\"body\": \"x\"}"), 200);
        http.delete(topic).expect(204);
        QueueClient inMemory = http.inMemory().queue();
        matches("put", path, http.put(inMemory.path(), "{}"), 200);
        matches("get", path, http.get(inMemory.path()), 200);
        http.post(other.path() + "/pause", null).expect(200);
        String subscriptions = path + "/subscriptions";
        String subscription = other.path() + "/subscriptions/a";
        matches("put", subscriptions + "/{name}", http.put(subscription, "{\"url\": \"https://1.1.1.1/in\"}"), 201);
        matches("put", subscriptions + "/{name}", http.put(subscription, "{\"workers\": 2}"), 200);
        matches("put", subscriptions + "/{name}", http.put(subscription, "{\"url\": \"https://127.0.0.1\"}"), 400);
        matches("post", subscriptions + "/{name}/rotate-secret", http.post(subscription + "/rotate-secret", "{}"), 200);
        matches("post", subscriptions + "/{name}/pause", http.post(subscription + "/pause", null), 200);
        matches("post", subscriptions + "/{name}/resume", http.post(subscription + "/resume", null), 200);
        matches("get", subscriptions + "/{name}", http.get(subscription), 200);
        matches("get", subscriptions, http.get(other.path() + "/subscriptions"), 200);
        matches("get", subscriptions + "/{name}", http.get(other.path() + "/subscriptions/none"), 404);
        http.delete(other.path()).expect(204);
    }

    @Test
    void the_events_of_a_stream_match_their_schemas() throws Exception {
        QueueClient queue = http.queue();
        JsonNode content = document.path("paths")
                .path("/v1/queues/{queue}/stream")
                .path("get")
                .path("responses")
                .path("200")
                .path("content");
        assertThat(content.path("text/event-stream").path("schema").path("description").asString())
                .contains("#/components/schemas/Copy")
                .contains("#/components/schemas/Dropped");
        queue.send("{\"body\": {\"a\": 1}, \"metadata\": {\"type\": \"t\"}}").expect(201);
        HttpRequest all = http.request(queue.path() + "/stream").header("Last-Event-ID", "0").build();
        try (HttpClient client = HttpClient.newHttpClient();
                Stream<String> lines = client.send(all, HttpResponse.BodyHandlers.ofLines()).body()) {
            // a stream that does not tell it would tell nothing for ever
            String data = assertTimeoutPreemptively(
                    Duration.ofSeconds(10),
                    () -> lines.dropWhile(line -> !line.equals("event: message"))
                            .filter(line -> line.startsWith("data: "))
                            .findFirst()
                            .orElseThrow()
                            .substring(6));
            valid("an event", JSON.createObjectNode().put("$ref", "#/components/schemas/Copy"), data);
            client.shutdownNow();
        }
        valid("an event", JSON.createObjectNode().put("$ref", "#/components/schemas/Dropped"), "{\"messages\":3}");
    }

    private static Http.Answer settle(QueueClient queue, String how, JsonNode message) {
        return queue.http()
                .post(
                        queue.path() + "/" + how,
                        "{\"receipts\": [" + Http.quoted(message.path("receipt").asString()) + "]}");
    }

    private void matches(String method, String path, Http.Answer answer, int status) {
        answer.expect(status);
        String type = status < 300 ? "application/json" : "application/problem+json";
        JsonNode declared =
                document.path("paths").path(path).path(method).path("responses").path(Integer.toString(status));
        assertThat(declared.isMissingNode()).as(method + " " + path + " " + status + " is documented").isFalse();
        valid(
                method + " " + path + " " + status,
                ((ObjectNode) declared.path("content").path(type).path("schema")).deepCopy(),
                answer.text());
    }

    private void valid(String what, ObjectNode schema, String text) {
        schema.set("components", document.path("components"));
        Schema checked = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(strict(schema).toString(), InputFormat.JSON);
        assertThat(checked.validate(text, InputFormat.JSON)).as(what + ": " + text).isEmpty();
    }

    /** Fields that the document does not name must not be in an answer. */
    private static JsonNode strict(JsonNode schema) {
        JsonNode copy = JSON.readTree(schema.toString());
        copy.path("components").path("schemas").forEach(type -> {
            if (type.has("properties")) {
                ((ObjectNode) type).put("additionalProperties", false);
            }
        });
        return copy;
    }
}
