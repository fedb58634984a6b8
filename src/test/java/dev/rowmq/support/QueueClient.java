package dev.rowmq.support;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

import tools.jackson.databind.JsonNode;

/** One queue as a user of the API sees it. */
public record QueueClient(Http http, String name) {

    public String path() {
        return "/v1/queues/" + name;
    }

    public Http.Answer send(String message) {
        return http.post(path() + "/messages", message);
    }

    /** Sends a text and returns the message's id. */
    public String sendText(String text) {
        return send("{\"body\": " + Http.quoted(text) + "}").expect(201).json().path("id").asString();
    }

    public Http.Answer sendBatch(String messages) {
        return http.post(path() + "/messages/batch", "{\"messages\": [" + messages + "]}");
    }

    public List<JsonNode> receive(String request) {
        return Http.list(http.post(path() + "/receive", request).expect(200).json().path("messages"));
    }

    public List<JsonNode> receive(int max) {
        return receive("{\"max\": " + max + "}");
    }

    /** Receives one message, waiting for it up to 10 s. */
    public JsonNode receiveOne() {
        List<JsonNode> messages = receive("{\"wait\": \"10s\"}");
        if (messages.size() != 1) {
            throw new AssertionError("no message came within 10 s");
        }
        return messages.getFirst();
    }

    public String ack(JsonNode message) {
        return settle("ack", message, "");
    }

    public String nack(JsonNode message) {
        return settle("nack", message, "");
    }

    /** @param more further fields, beginning with a comma */
    public String settle(String how, JsonNode message, String more) {
        return settleReceipts(how, more, message.path("receipt").asString())
                .path(0)
                .path("status")
                .asString();
    }

    public JsonNode settleReceipts(String how, String more, String... receipts) {
        String list = Arrays.stream(receipts).map(Http::quoted).collect(Collectors.joining(","));
        return http.post(path() + "/" + how, "{\"receipts\": [" + list + "]" + more + "}")
                .expect(200)
                .json()
                .path("results");
    }

    public JsonNode stats() {
        return http.get(path()).expect(200).json().path("stats");
    }

    public JsonNode deadLetters() {
        return http.get(path() + "/dead-letters").expect(200).json().path("items");
    }

    public static String body(JsonNode message) {
        return message.path("body").asString();
    }
}
