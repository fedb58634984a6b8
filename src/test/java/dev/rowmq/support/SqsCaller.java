package dev.rowmq.support;

import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Calls Amazon SQS's API of a service with requests as they are on the wire. */
public record SqsCaller(Http http) {

    private static final AtomicInteger NUMBER = new AtomicInteger();

    /** A call in AWS JSON 1.0. */
    public Http.Answer call(String action, String body) {
        return call("/", action, body);
    }

    public Http.Answer call(String path, String action, String body) {
        return http.send(http.request(path)
                .header("Content-Type", "application/x-amz-json-1.0")
                .header("X-Amz-Target", "AmazonSQS." + action)
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** A call in the Query protocol, with names and values in turn; the answer's text is XML. */
    public Http.Answer query(String path, String... parameters) {
        StringBuilder form = new StringBuilder();
        for (int i = 0; i < parameters.length; i += 2) {
            form.append(i == 0 ? "" : "&")
                    .append(URLEncoder.encode(parameters[i], StandardCharsets.UTF_8))
                    .append('=')
                    .append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
        }
        return http.send(http.request(path)
                .header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofString(form.toString())));
    }

    /** Creates a queue with attributes, a JSON object, and returns its name. */
    public String queue(String attributes) {
        String name = "sqs-" + NUMBER.incrementAndGet() + "-" + System.nanoTime();
        call("CreateQueue", "{\"QueueName\":\"%s\",\"Attributes\":%s}".formatted(name, attributes)).expect(200);
        return name;
    }

    public String queue() {
        return queue("{}");
    }
}
