package dev.rowmq.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** An HTTP client of the API, as a user would write one. */
public final class Http {

    private static final JsonMapper JSON = new JsonMapper();
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();

    private final String base;
    private final Optional<String> key;
    private final boolean inMemory;
    private final Map<String, String> headers;

    public Http(String base) {
        this(base, Optional.empty(), false, Map.of());
    }

    private Http(String base, Optional<String> key, boolean inMemory, Map<String, String> headers) {
        this.base = base;
        this.key = key;
        this.inMemory = inMemory;
        this.headers = headers;
    }

    public Http withKey(String secret) {
        return new Http(base, Optional.of(secret), inMemory, headers);
    }

    /** Returns a client that sends this header instead of those added before. */
    public Http withHeader(String header, String value) {
        return new Http(base, key, inMemory, Map.of(header, value));
    }

    /** Returns a client that creates its queues in memory. */
    public Http inMemory() {
        return new Http(base, key, true, headers);
    }

    /** Whether {@link #queue} creates queues in memory. */
    public boolean isInMemory() {
        return inMemory;
    }

    public String base() {
        return base;
    }

    /** An answer: status, body as JSON (a missing node when there is none), and the response with its headers. */
    public record Answer(int status, JsonNode json, HttpResponse<byte[]> response) {

        public String code() {
            return json.path("code").asString("");
        }

        public String text() {
            return new String(response.body(), StandardCharsets.UTF_8);
        }

        public Optional<String> header(String name) {
            return response.headers().firstValue(name);
        }

        public Answer expect(int wanted) {
            if (status != wanted) {
                throw new AssertionError("expected " + wanted + " but was " + status + ": " + text());
            }
            return this;
        }
    }

    public Answer get(String path) {
        return call("GET", path, null);
    }

    public Answer post(String path, String body) {
        return call("POST", path, body);
    }

    public Answer put(String path, String body) {
        return call("PUT", path, body);
    }

    public Answer delete(String path) {
        return call("DELETE", path, null);
    }

    public Answer call(String method, String path, String body) {
        HttpRequest.Builder request = request(path)
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        return send(request);
    }

    public HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(90));
        headers.forEach(request::header);
        key.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
        return request;
    }

    public Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<byte[]> response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            String type = response.headers().firstValue("Content-Type").orElse("");
            return new Answer(
                    response.statusCode(),
                    type.contains("json") && !type.contains("ndjson")
                            ? JSON.readTree(response.body()) : MissingNode.getInstance(),
                    response);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stop);
        }
    }

    /** Creates a new queue with these settings (a JSON object). */
    public QueueClient queue(String settings) {
        String name = "q" + NUMBER.incrementAndGet() + "-" + Long.toString(System.nanoTime(), 36);
        put("/v1/queues/" + name, inMemory ? with("\"storage\": \"memory\"", settings) : settings).expect(201);
        return new QueueClient(this, name);
    }

    private static String with(String field, String settings) {
        return settings.equals("{}") ? "{" + field + "}" : "{" + field + ", " + settings.substring(1);
    }

    public QueueClient queue() {
        return queue("{}");
    }

    public static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }

    public static List<JsonNode> list(JsonNode array) {
        List<JsonNode> list = new ArrayList<>();
        array.forEach(list::add);
        return list;
    }
}
