package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The matrix of bad input: each request gets its error code, changes nothing and never returns a 500. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class BadInputTest {

    private final Http http;

    BadInputTest(TestDatabase database) {
        this.http = database.service().http();
    }

    /** A request; {@code {q}} in the path is a queue that exists and must remain unchanged. */
    record Bad(String name, String method, String path, byte[] body, String contentType, int status, String code) {

        Bad(String name, String method, String path, String body, int status, String code) {
            this(
                    name,
                    method,
                    path,
                    body == null ? null : body.getBytes(StandardCharsets.UTF_8),
                    "application/json",
                    status,
                    code);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Bad send(String name, String body, int status, String code) {
        return new Bad(name, "POST", "/v1/queues/{q}/messages", body, status, code);
    }

    private static Bad sendBytes(String name, byte[] body, int status, String code) {
        return new Bad(name, "POST", "/v1/queues/{q}/messages", body, "application/json", status, code);
    }

    private static Bad receive(String name, String body) {
        return new Bad("receive " + name, "POST", "/v1/queues/{q}/receive", body, 400, "OUT_OF_RANGE");
    }

    private static Bad put(String name, String body, String code) {
        return new Bad("put " + name, "PUT", "/v1/queues/{q}", body, 400, code);
    }

    private static Bad subscription(String name, String body, String code) {
        return subscription(name, "/v1/queues/{q}/subscriptions/s", body, code);
    }

    private static Bad subscription(String name, String path, String body, String code) {
        return new Bad("subscription with " + name, "PUT", path, body, 400, code);
    }

    private static Bad topic(String name, String path, String body, String code) {
        return new Bad("topic with " + name, "PUT", path, body, 400, code);
    }

    private static Bad queueName(String name, String encoded) {
        return new Bad("queue name " + name, "PUT", "/v1/queues/" + encoded, "{}", 400, "INVALID_QUEUE_NAME");
    }

    static Stream<Bad> matrix() {
        String entries = String.join(
                ",", IntStream.range(0, 11).mapToObj(i -> "\"k" + i + "\": \"v\"").toList());
        String thousandAndOne = String.join(",", IntStream.range(0, 1001).mapToObj(i -> "\"r\"").toList());
        return Stream.of(
                // the JSON itself
                send("no JSON", "hello", 400, "MALFORMED_JSON"),
                send("an array", "[]", 400, "MALFORMED_JSON"),
                send("a JSON string", "\"x\"", 400, "MALFORMED_JSON"),
                send("trailing garbage", "{\"body\": \"x\"} x", 400, "MALFORMED_JSON"),
                send("two objects", "{\"body\": \"x\"}{\"body\": \"y\"}", 400, "MALFORMED_JSON"),
                send("duplicate keys", "{\"body\": \"x\", \"body\": \"y\"}", 400, "MALFORMED_JSON"),
                send("NaN", "{\"body\": NaN}", 400, "MALFORMED_JSON"),
                send("cut off", "{\"body\": \"x\"", 400, "MALFORMED_JSON"),
                send("a comment", "{/* */\"body\": \"x\"}", 400, "MALFORMED_JSON"),
                send("a control character in a string", "{\"body\": \"a\nb\"}", 400, "MALFORMED_JSON"),
                send("byte order mark", "\ufeff{\"body\": \"x\"}", 400, "MALFORMED_JSON"),
                sendBytes("UTF-16", "{\"body\": \"x\"}".getBytes(StandardCharsets.UTF_16BE), 400, "MALFORMED_JSON"),
                sendBytes(
                        "UTF-16 with a mark",
                        "{\"body\": \"x\"}".getBytes(StandardCharsets.UTF_16),
                        400,
                        "MALFORMED_JSON"),
                sendBytes(
                        "invalid UTF-8",
                        new byte[] {'{', '"', 'b', 'o', 'd', 'y', '"', ':', '"', (byte) 0xc3, (byte) 0x28, '"', '}'},
                        400,
                        "MALFORMED_JSON"),
                send("half a surrogate pair", "{\"body\": \"\\ud800\"}", 400, "MALFORMED_JSON"),
                send("depth 501", "{\"body\": " + "[".repeat(501) + "]".repeat(501) + "}", 400, "JSON_LIMIT"),
                send("a number of 1001 digits", "{\"body\": " + "1".repeat(1001) + "}", 400, "JSON_LIMIT"),
                send("a name of 1 kB", "{\"" + "n".repeat(1025) + "\": 1}", 400, "JSON_LIMIT"),
                send("a million elements", "{\"body\": [" + "1,".repeat(1_000_000) + "1]}", 400, "JSON_LIMIT"),
                send("an unknown field", "{\"body\": \"x\", \"prioritty\": 1}", 400, "UNKNOWN_FIELD"),
                put("an unknown field", "{\"visibilityTimout\": \"1s\"}", "UNKNOWN_FIELD"),
                send("no body at all", "", 400, "INVALID_REQUEST"),
                // headers
                new Bad(
                        "text",
                        "POST",
                        "/v1/queues/{q}/messages",
                        "{\"body\": \"x\"}".getBytes(StandardCharsets.UTF_8),
                        "text/plain",
                        415,
                        "UNSUPPORTED_MEDIA_TYPE"),
                new Bad(
                        "a form",
                        "POST",
                        "/v1/queues/{q}/messages",
                        "body=x".getBytes(StandardCharsets.UTF_8),
                        "application/x-www-form-urlencoded",
                        415,
                        "UNSUPPORTED_MEDIA_TYPE"),
                new Bad(
                        "another charset",
                        "POST",
                        "/v1/queues/{q}/messages",
                        "{\"body\": \"x\"}".getBytes(StandardCharsets.UTF_8),
                        "application/json; charset=utf-16",
                        415,
                        "UNSUPPORTED_MEDIA_TYPE"),
                // sizes
                send(
                        "over the request limit",
                        "{\"body\": \"" + "x".repeat(17 * 1024 * 1024) + "\"}",
                        413,
                        "BODY_TOO_LARGE"),
                send(
                        "over the message limit",
                        "{\"body\": \"" + "x".repeat(1024 * 1024 + 1) + "\"}",
                        413,
                        "MESSAGE_TOO_LARGE"),
                send(
                        "over the message limit with metadata",
                        "{\"body\": \"" + "x".repeat(1024 * 1024 - 2) + "\", \"metadata\": {\"a\": \"bc\"}}",
                        413,
                        "MESSAGE_TOO_LARGE"),
                // queue names
                queueName("of 81", "a".repeat(81)),
                queueName("with a blank", "a%20b"),
                new Bad("queue name with a line break", "PUT", "/v1/queues/a%0D%0Ab", "{}", 400, "INVALID_REQUEST"),
                queueName("that climbs", "..%2Fx"),
                new Bad("a path with a parameter", "GET", "/v1/queues/{q};x", null, 400, "INVALID_REQUEST"),
                new Bad("a path with a double slash", "GET", "/v1//queues/{q}", null, 400, "INVALID_REQUEST"),
                new Bad("a path with a zero", "GET", "/v1/queues/a%00", null, 400, "INVALID_REQUEST"),
                queueName("of dots", "..."),
                queueName("with an emoji", "%F0%9F%98%80"),
                queueName("with a homoglyph", "%D0%B0bc"),
                queueName("with SQL", "a'--"),
                queueName("with an expression", "$%7Bjndi:ldap:x%7D"),
                // bodies
                send("an empty body", "{\"body\": \"\"}", 400, "EMPTY_BODY"),
                send("a null body", "{\"body\": null}", 400, "EMPTY_BODY"),
                send("neither body", "{\"id\": \"a\"}", 400, "INVALID_REQUEST"),
                send("both bodies", "{\"body\": \"x\", \"bodyBase64\": \"eA==\"}", 400, "INVALID_REQUEST"),
                send("an empty base64 body", "{\"bodyBase64\": \"\"}", 400, "EMPTY_BODY"),
                send("bad base64", "{\"bodyBase64\": \"a%b\"}", 400, "INVALID_REQUEST"),
                send("U+0000", "{\"body\": \"a\\u0000b\"}", 400, "INVALID_CHARACTER"),
                send("U+FFFE", "{\"body\": \"a\\ufffeb\"}", 400, "INVALID_CHARACTER"),
                // ids
                send("an empty id", "{\"body\": \"x\", \"id\": \"\"}", 400, "INVALID_REQUEST"),
                send("an id of 101", "{\"body\": \"x\", \"id\": \"" + "i".repeat(101) + "\"}", 400, "INVALID_REQUEST"),
                send("an id with a line break", "{\"body\": \"x\", \"id\": \"a\\r\\nb\"}", 400, "INVALID_REQUEST"),
                send("two dots for an id", "{\"body\": \"x\", \"id\": \"..\"}", 400, "INVALID_REQUEST"),
                send(
                        "an id of the generated form",
                        "{\"body\": \"x\", \"id\": \"00000001-0000-8000-8000-000000000001\"}",
                        400,
                        "INVALID_REQUEST"),
                send("a number for an id", "{\"body\": \"x\", \"id\": 5}", 400, "OUT_OF_RANGE"),
                // metadata
                send("11 entries", "{\"body\": \"x\", \"metadata\": {" + entries + "}}", 400, "INVALID_ATTRIBUTE"),
                send(
                        "64 kB of metadata",
                        "{\"body\": \"x\", \"metadata\": {\"a\": \"" + "v".repeat(65536) + "\"}}",
                        400,
                        "INVALID_ATTRIBUTE"),
                send("an empty value", "{\"body\": \"x\", \"metadata\": {\"a\": \"\"}}", 400, "INVALID_ATTRIBUTE"),
                send("a bad name", "{\"body\": \"x\", \"metadata\": {\"a..b\": \"c\"}}", 400, "INVALID_ATTRIBUTE"),
                send(
                        "a reserved name",
                        "{\"body\": \"x\", \"metadata\": {\"AWS.x\": \"c\"}}",
                        400,
                        "INVALID_ATTRIBUTE"),
                send("a null value", "{\"body\": \"x\", \"metadata\": {\"a\": null}}", 400, "INVALID_ATTRIBUTE"),
                send(
                        "a value of another kind",
                        "{\"body\": \"x\", \"metadata\": {\"a\": {}}}",
                        400,
                        "INVALID_ATTRIBUTE"),
                send("metadata of another kind", "{\"body\": \"x\", \"metadata\": []}", 400, "INVALID_ATTRIBUTE"),
                // times and numbers of a send
                send("priority as a text", "{\"body\": \"x\", \"priority\": \"1\"}", 400, "OUT_OF_RANGE"),
                send(
                        "priority of 65 digits",
                        "{\"body\": \"x\", \"priority\": " + "1".repeat(65) + "}",
                        400,
                        "JSON_LIMIT"),
                send("priority 1e400", "{\"body\": \"x\", \"priority\": 1e400}", 400, "OUT_OF_RANGE"),
                send("priority 1.5", "{\"body\": \"x\", \"priority\": 1.5}", 400, "OUT_OF_RANGE"),
                send("delay over a year", "{\"body\": \"x\", \"delay\": \"366d\"}", 400, "OUT_OF_RANGE"),
                send("delay below 0", "{\"body\": \"x\", \"delay\": \"-1s\"}", 400, "OUT_OF_RANGE"),
                send("delay without a unit", "{\"body\": \"x\", \"delay\": \"10\"}", 400, "OUT_OF_RANGE"),
                send("delay as a number", "{\"body\": \"x\", \"delay\": 10}", 400, "OUT_OF_RANGE"),
                send("delay overflow", "{\"body\": \"x\", \"delay\": \"99999999999999999d\"}", 400, "OUT_OF_RANGE"),
                send(
                        "delay and deliverAt",
                        "{\"body\": \"x\", \"delay\": \"1s\", \"deliverAt\": \"2030-01-01T00:00:00Z\"}",
                        400,
                        "INVALID_REQUEST"),
                send(
                        "deliverAt far away",
                        "{\"body\": \"x\", \"deliverAt\": \"9999-01-01T00:00:00Z\"}",
                        400,
                        "OUT_OF_RANGE"),
                send(
                        "deliverAt beyond time",
                        "{\"body\": \"x\", \"deliverAt\": \"+999999999-01-01T00:00:00Z\"}",
                        400,
                        "OUT_OF_RANGE"),
                send("deliverAt no time", "{\"body\": \"x\", \"deliverAt\": \"tomorrow\"}", 400, "OUT_OF_RANGE"),
                send("deliverAt a number", "{\"body\": \"x\", \"deliverAt\": 1234567}", 400, "OUT_OF_RANGE"),
                send("ttl 0", "{\"body\": \"x\", \"ttl\": \"0s\"}", 400, "OUT_OF_RANGE"),
                send("a group with a space", "{\"body\": \"x\", \"group\": \"g g\"}", 400, "INVALID_REQUEST"),
                // batches
                new Bad(
                        "batch of 0",
                        "POST",
                        "/v1/queues/{q}/messages/batch",
                        "{\"messages\": []}",
                        400,
                        "OUT_OF_RANGE"),
                new Bad(
                        "batch of 1001",
                        "POST",
                        "/v1/queues/{q}/messages/batch",
                        "{\"messages\": [" + thousandAndOne + "]}",
                        400,
                        "OUT_OF_RANGE"),
                new Bad(
                        "batch without messages",
                        "POST",
                        "/v1/queues/{q}/messages/batch",
                        "{}",
                        400,
                        "INVALID_REQUEST"),
                // receive
                receive("max 0", "{\"max\": 0}"),
                receive("max 1001", "{\"max\": 1001}"),
                receive("max -1", "{\"max\": -1}"),
                receive("max 1e9", "{\"max\": 1e9}"),
                receive("max ten", "{\"max\": \"ten\"}"),
                receive("max 1.5", "{\"max\": 1.5}"),
                receive("max 2147483648", "{\"max\": 2147483648}"),
                receive("wait 61", "{\"wait\": \"61s\"}"),
                receive("wait true", "{\"wait\": true}"),
                receive("visibility -1", "{\"visibilityTimeout\": \"-1s\"}"),
                receive("visibility 43201", "{\"visibilityTimeout\": \"43201s\"}"),
                // settle
                new Bad("ack without receipts", "POST", "/v1/queues/{q}/ack", "{}", 400, "INVALID_REQUEST"),
                new Bad("ack of none", "POST", "/v1/queues/{q}/ack", "{\"receipts\": []}", 400, "OUT_OF_RANGE"),
                new Bad(
                        "ack of 1001",
                        "POST",
                        "/v1/queues/{q}/ack",
                        "{\"receipts\": [" + thousandAndOne + "]}",
                        400,
                        "OUT_OF_RANGE"),
                new Bad("ack of null", "POST", "/v1/queues/{q}/ack", "{\"receipts\": [null]}", 400, "INVALID_REQUEST"),
                new Bad(
                        "nack with a long error",
                        "POST",
                        "/v1/queues/{q}/nack",
                        "{\"receipts\": [\"r\"], \"error\": \"" + "e".repeat(1001) + "\"}",
                        400,
                        "OUT_OF_RANGE"),
                new Bad(
                        "nack with U+0000",
                        "POST",
                        "/v1/queues/{q}/nack",
                        "{\"receipts\": [\"r\"], \"error\": \"\\u0000\"}",
                        400,
                        "INVALID_CHARACTER"),
                new Bad(
                        "nack with a long delay",
                        "POST",
                        "/v1/queues/{q}/nack",
                        "{\"receipts\": [\"r\"], \"delay\": \"400d\"}",
                        400,
                        "OUT_OF_RANGE"),
                new Bad(
                        "extend too long",
                        "POST",
                        "/v1/queues/{q}/extend",
                        "{\"receipts\": [\"r\"], \"visibilityTimeout\": \"13h\"}",
                        400,
                        "OUT_OF_RANGE"),
                // settings
                put("retention 59s", "{\"retention\": \"59s\"}", "OUT_OF_RANGE"),
                put("maxDeliveries 1001", "{\"maxDeliveries\": 1001}", "OUT_OF_RANGE"),
                put("priorities 0", "{\"priorities\": 0}", "OUT_OF_RANGE"),
                put("priorities 11", "{\"priorities\": 11}", "OUT_OF_RANGE"),
                put("a multiplier of 0.5", "{\"retry\": {\"multiplier\": 0.5}}", "OUT_OF_RANGE"),
                put("a size of 11MB", "{\"maxMessageSize\": \"11MB\"}", "OUT_OF_RANGE"),
                put("a size of nonsense", "{\"maxMessageSize\": \"big\"}", "OUT_OF_RANGE"),
                put("itself for dead letters", "{\"deadLetterQueue\": \"{q}\"}", "INVALID_REDRIVE"),
                put("an unknown queue for dead letters", "{\"deadLetterQueue\": \"none\"}", "INVALID_REDRIVE"),
                put("a bad name for dead letters", "{\"deadLetterQueue\": \"../x\"}", "INVALID_QUEUE_NAME"),
                put("sendRate -1", "{\"sendRate\": {\"messagesPerSecond\": -1}}", "OUT_OF_RANGE"),
                put("sendRate 1000001", "{\"sendRate\": {\"messagesPerSecond\": 1000001}}", "OUT_OF_RANGE"),
                put("sendRate of nothing", "{\"sendRate\": {}}", "INVALID_REQUEST"),
                put("burst 0", "{\"sendRate\": {\"messagesPerSecond\": 1, \"burst\": 0}}", "OUT_OF_RANGE"),
                put("sendRate with a slip", "{\"sendRate\": {\"perSecond\": 1}}", "UNKNOWN_FIELD"),
                topic("a name", "/v1/topics/a%20b", "{}", "INVALID_TOPIC_NAME"),
                topic("no queue", "/v1/topics/t", "{\"bindings\": [{\"filter\": {}}]}", "INVALID_REQUEST"),
                topic(
                        "a queue that is not there",
                        "/v1/topics/t",
                        "{\"bindings\": [{\"queue\": \"absent\"}]}",
                        "INVALID_REQUEST"),
                topic(
                        "a queue's bad name",
                        "/v1/topics/t",
                        "{\"bindings\": [{\"queue\": \"../x\"}]}",
                        "INVALID_QUEUE_NAME"),
                topic(
                        "a queue twice",
                        "/v1/topics/t",
                        "{\"bindings\": [{\"queue\": \"{q}\"}, {\"queue\": \"{q}\"}]}",
                        "INVALID_REQUEST"),
                topic("null", "/v1/topics/t", "{\"bindings\": [null]}", "INVALID_REQUEST"),
                topic(
                        "no values",
                        "/v1/topics/t",
                        "{\"bindings\": [{\"queue\": \"{q}\", \"filter\": {\"a\": []}}]}",
                        "OUT_OF_RANGE"),
                topic(
                        "null values",
                        "/v1/topics/t",
                        "{\"bindings\": [{\"queue\": \"{q}\", \"filter\": {\"a\": null}}]}",
                        "OUT_OF_RANGE"),
                topic(
                        "a null value",
                        "/v1/topics/t",
                        "{\"bindings\": [{\"queue\": \"{q}\", \"filter\": {\"a\": [null]}}]}",
                        "INVALID_REQUEST"),
                topic(
                        "a value that is no list",
                        "/v1/topics/t",
                        "{\"bindings\": [{\"queue\": \"{q}\", \"filter\": {\"a\": \"b\"}}]}",
                        "INVALID_REQUEST"),
                topic(
                        "a very long value",
                        "/v1/topics/t",
                        "{\"bindings\": [{\"queue\": \"absent\", \"filter\": {\"a\": [\"" + "b".repeat(100_001)
                                + "\"]}}]}",
                        "OUT_OF_RANGE"),
                topic("a slip", "/v1/topics/t", "{\"bindngs\": []}", "UNKNOWN_FIELD"),
                subscription(
                        "a name",
                        "/v1/queues/{q}/subscriptions/a%20b",
                        "{\"url\": \"https://1.1.1.1\"}",
                        "INVALID_SUBSCRIPTION_NAME"),
                new Bad(
                        "a storage that is none",
                        "PUT",
                        "/v1/queues/{q}",
                        "{\"storage\": \"disk\"}",
                        400,
                        "INVALID_REQUEST"),
                new Bad("a storage that is no text", "PUT", "/v1/queues/{q}", "{\"storage\": {}}", 400, "OUT_OF_RANGE"),
                new Bad(
                        "another storage",
                        "PUT",
                        "/v1/queues/{q}",
                        "{\"storage\": \"memory\"}",
                        400,
                        "INVALID_REQUEST"),
                subscription("no url", "{}", "URL_NOT_ALLOWED"),
                subscription("an empty url", "{\"url\": \"\"}", "URL_NOT_ALLOWED"),
                subscription(
                        "a url of 2001 characters",
                        "{\"url\": \"https://1.1.1.1/" + "x".repeat(1985) + "\"}",
                        "URL_NOT_ALLOWED"),
                subscription("no worker", "{\"url\": \"https://1.1.1.1\", \"workers\": 0}", "OUT_OF_RANGE"),
                subscription("65 workers", "{\"url\": \"https://1.1.1.1\", \"workers\": 65}", "OUT_OF_RANGE"),
                subscription("a batch of 101", "{\"url\": \"https://1.1.1.1\", \"batchSize\": 101}", "OUT_OF_RANGE"),
                subscription(
                        "a timeout of half a second",
                        "{\"url\": \"https://1.1.1.1\", \"timeout\": \"500ms\"}",
                        "OUT_OF_RANGE"),
                subscription(
                        "a timeout of an hour", "{\"url\": \"https://1.1.1.1\", \"timeout\": \"1h\"}", "OUT_OF_RANGE"),
                subscription(
                        "a secret that is none",
                        "{\"url\": \"https://1.1.1.1\", \"secret\": \"x\"}",
                        "INVALID_REQUEST"),
                subscription(
                        "a short secret",
                        "{\"url\": \"https://1.1.1.1\", \"secret\": \"whsec_AAAA\"}",
                        "INVALID_REQUEST"),
                subscription(
                        "a secret that is no base64",
                        "{\"url\": \"https://1.1.1.1\", \"secret\": \"whsec_" + "*".repeat(40) + "\"}",
                        "INVALID_REQUEST"),
                subscription("a slip", "{\"url\": \"https://1.1.1.1\", \"wrokers\": 1}", "UNKNOWN_FIELD"),
                new Bad(
                        "a subscription of no queue",
                        "PUT",
                        "/v1/queues/absent/subscriptions/s",
                        "{\"url\": \"https://1.1.1.1\"}",
                        404,
                        "QUEUE_NOT_FOUND"),
                new Bad(
                        "a subscription that is not there",
                        "POST",
                        "/v1/queues/{q}/subscriptions/s/pause",
                        null,
                        404,
                        "SUBSCRIPTION_NOT_FOUND"),
                new Bad(
                        "a secret kept too long",
                        "POST",
                        "/v1/queues/{q}/subscriptions/s/rotate-secret",
                        "{\"keepOld\": \"8d\"}",
                        400,
                        "OUT_OF_RANGE"),
                new Bad(
                        "a topic that is not there",
                        "POST",
                        "/v1/topics/absent/messages",
                        "{\"body\": \"x\"}",
                        404,
                        "TOPIC_NOT_FOUND"),
                new Bad(
                        "block 61s",
                        "POST",
                        "/v1/queues/{q}/messages?block=61s",
                        "{\"body\": \"x\"}",
                        400,
                        "OUT_OF_RANGE"),
                new Bad(
                        "block -1s",
                        "POST",
                        "/v1/queues/{q}/messages?block=-1s",
                        "{\"body\": \"x\"}",
                        400,
                        "OUT_OF_RANGE"),
                new Bad(
                        "block soon",
                        "POST",
                        "/v1/queues/{q}/messages/batch?block=soon",
                        "{\"messages\": [{\"body\": \"x\"}]}",
                        400,
                        "OUT_OF_RANGE"),
                // lists and lookups
                new Bad("limit 0", "GET", "/v1/queues/{q}/messages?limit=0", null, 400, "OUT_OF_RANGE"),
                new Bad("limit ten", "GET", "/v1/queues/{q}/messages?limit=ten", null, 400, "OUT_OF_RANGE"),
                new Bad("state", "GET", "/v1/queues/{q}/messages?state=gone", null, 400, "OUT_OF_RANGE"),
                new Bad("cursor", "GET", "/v1/queues?cursor=%27%3B--", null, 400, "INVALID_REQUEST"),
                new Bad(
                        "cursor of another list",
                        "GET",
                        "/v1/queues/{q}/dead-letters?cursor=YWJjZGVmZ2hpamtsbW5v",
                        null,
                        400,
                        "INVALID_REQUEST"),
                new Bad("no such queue", "GET", "/v1/queues/absent", null, 404, "QUEUE_NOT_FOUND"),
                new Bad(
                        "send to no such queue",
                        "POST",
                        "/v1/queues/absent/messages",
                        "{\"body\": \"x\"}",
                        404,
                        "QUEUE_NOT_FOUND"),
                new Bad(
                        "no such message",
                        "GET",
                        "/v1/queues/{q}/messages/00000001-0000-8000-8000-000000000002",
                        null,
                        404,
                        "MESSAGE_NOT_FOUND"),
                new Bad(
                        "no such dead letter",
                        "DELETE",
                        "/v1/queues/{q}/dead-letters/x",
                        null,
                        404,
                        "MESSAGE_NOT_FOUND"),
                // dead letters
                new Bad(
                        "redrive of nothing",
                        "POST",
                        "/v1/queues/{q}/dead-letters/redrive",
                        "{}",
                        400,
                        "INVALID_REQUEST"),
                new Bad(
                        "redrive of both",
                        "POST",
                        "/v1/queues/{q}/dead-letters/redrive",
                        "{\"ids\": [\"a\"], \"all\": true}",
                        400,
                        "INVALID_REQUEST"),
                new Bad(
                        "redrive at rate 0",
                        "POST",
                        "/v1/queues/{q}/dead-letters/redrive",
                        "{\"all\": true, \"messagesPerSecond\": 0}",
                        400,
                        "OUT_OF_RANGE"),
                // paths and methods
                new Bad("no such path", "GET", "/v2/queues", null, 404, "NOT_FOUND"),
                new Bad("no such path below", "GET", "/v1/queues/{q}/nothing", null, 404, "NOT_FOUND"),
                new Bad("another method", "PATCH", "/v1/queues/{q}", "{}", 405, "METHOD_NOT_ALLOWED"),
                new Bad("get of an action", "GET", "/v1/queues/{q}/receive", null, 405, "METHOD_NOT_ALLOWED"));
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void bad_input_gets_its_code_and_changes_nothing(Bad bad) {
        QueueClient queue = http.queue();
        HttpRequest.Builder request = http.request(bad.path().replace("{q}", queue.name()))
                .method(
                        bad.method(),
                        bad.body() == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(named(bad.body(), queue.name())));
        if (bad.body() != null) {
            request.header("Content-Type", bad.contentType());
            // a client that continues to send may find the connection closed before it reads the answer
            request.expectContinue(bad.body().length > 1 << 24);
        }
        long start = System.nanoTime();

        Http.Answer answer = http.send(request);

        assertThat(answer.status()).as(answer.text()).isEqualTo(bad.status());
        assertThat(answer.code()).as(answer.text()).isEqualTo(bad.code());
        assertThat(answer.response().headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(answer.json().path("detail").asString())
                .isNotBlank()
                .doesNotContain("dev.rowmq", "tools.jackson", "java.");
        assertThat(answer.response().body().length).isLessThan(4096);
        assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
        assertThat(queue.stats().path("sent").asInt()).isZero();
        assertThat(queue.receive(1)).isEmpty();
    }

    private static byte[] named(byte[] body, String queue) {
        return body.length > 10_000
                ? body
                : new String(body, StandardCharsets.ISO_8859_1)
                        .replace("{q}", queue)
                        .getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void errors_tell_the_field_the_value_the_range_and_the_next_step() {
        QueueClient queue = http.queue();
        assertThat(http.post(queue.path() + "/receive", "{\"max\": 0}").json().path("detail").asString())
                .isEqualTo("max is 0; allowed is 1 to 1000");
        assertThat(http.post(queue.path() + "/receive", "{\"max\": \"ten\"}").json().path("detail").asString())
                .contains("max", "1 to 1000");
        assertThat(http.put(queue.path(), "{\"retention\": \"59s\"}").json().path("detail").asString())
                .isEqualTo("retention is 59s; allowed is 1m to 365d");
        assertThat(queue.send("{\"body\": \"x\", \"priorty\": 1}").json().path("detail").asString())
                .contains("priorty", "priority");
    }

    /** The parser's own error text, of which the answer includes a part, is as long as the input. */
    @ParameterizedTest
    @ValueSource(strings = {"a", "ab.", "`a.b", "a.a.a.", " ", "\\u0000", "{", "1"})
    void an_error_costs_no_more_than_a_tenth_of_a_second_whatever_is_in_it(String part) {
        QueueClient queue = http.queue();
        String long1 = part.repeat(900_000 / part.length());
        for (String body : new String[] {
            "\"" + long1 + "\"", long1, "{\"" + long1 + "\": 1}", "{\"body\": \"x\", \"id\": \"" + long1 + "\"}",
            "{\"body\": \"x\", \"delay\": \"" + long1 + "\"}", "{\"body\": \"x\", \"ttl\": \"P" + long1 + "\"}",
            "{\"body\": \"x\", \"deliverAt\": \"" + long1 + "\"}", "{\"body\": \"x\", \"metadata\": {\"a\": \"" + long1
                    + "\"}}",
            "{\"body\": \"x\", \"metadata\": \"" + long1 + "\"}", "{\"messages\": \"" + long1 + "\"}"
        }) {
            for (String path : new String[] {"/messages", "/messages/batch"}) {
                long begin = System.nanoTime();
                Http.Answer answer = http.post(queue.path() + path, body);
                assertThat(answer.status()).isEqualTo(400);
                assertThat(answer.response().body().length).isLessThan(4096);
                assertThat(System.nanoTime() - begin).as(part + " to " + path).isLessThan(1_500_000_000L);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2147483648", "-2147483649", "99999999999999999999"})
    void a_priority_that_no_int_can_hold_is_the_lowest(String priority) {
        QueueClient queue = http.queue("{\"priorities\": 3}");
        queue.send("{\"body\": \"x\", \"priority\": " + priority + "}").expect(201);
        assertThat(queue.receiveOne().path("priority").asInt()).isEqualTo(2);
    }

    @Test
    void a_second_charset_or_encoding_is_looked_at_as_well() {
        QueueClient queue = http.queue();
        for (String type : new String[] {"application/json; charset=utf-8; charset=utf-16",
                "application/json;x=\"a\"; CHARSET = utf-7"}) {
            assertThat(http.send(http.request(queue.path() + "/messages").header("Content-Type", type)
                    .POST(HttpRequest.BodyPublishers.ofString("{\"body\": \"x\"}"))).status()).as(type).isEqualTo(415);
        }
        for (String[] encodings : new String[][] {{"identity", "gzip"}, {"identity, gzip"}}) {
            HttpRequest.Builder request =
                    http.request(queue.path() + "/messages").header("Content-Type", "application/json");
            java.util.Arrays.stream(encodings).forEach(one -> request.header("Content-Encoding", one));
            assertThat(http.send(request.POST(HttpRequest.BodyPublishers.ofString("{\"body\": \"x\"}"))).status())
                    .isEqualTo(415);
        }
        assertThat(http.send(http.request(queue.path() + "/messages").header("Content-Type", "application/json")
                .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"body\": \"x\"}"))).status()).isEqualTo(400);
        assertThat(queue.receive(1)).isEmpty();
    }

    @Test
    void compressed_requests_are_not_inflated() {
        Http.Answer answer = http.send(http.request("/v1/queues/x/messages")
                .header("Content-Type", "application/json")
                .header("Content-Encoding", "gzip")
                .POST(HttpRequest.BodyPublishers.ofString("x")));
        assertThat(answer.status()).isEqualTo(415);
    }

    @Test
    void other_answers_than_json_are_not_to_be_had() {
        QueueClient queue = http.queue();
        Http.Answer answer = http.send(http.request(queue.path()).header("Accept", "text/csv").GET());
        assertThat(answer.status()).isEqualTo(406);
        assertThat(answer.response().headers().firstValue("Content-Type")).contains("application/problem+json");
    }

    @Test
    void a_request_without_a_length_is_cut_at_the_limit() {
        byte[] chunk = "x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
        List<byte[]> chunks = Stream.concat(
                        Stream.of("{\"body\": \"".getBytes(StandardCharsets.UTF_8)),
                        IntStream.range(0, 20).mapToObj(i -> chunk))
                .toList();
        QueueClient queue = http.queue();
        try {
            Http.Answer answer = http.send(http.request(queue.path() + "/messages")
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArrays(chunks)));
            assertThat(answer.status()).isEqualTo(413);
        } catch (java.io.UncheckedIOException connectionClosed) {
            // the server may close the connection before the whole request is written
        }
        assertThat(queue.receive(1)).isEmpty();
    }

    @Test
    void methods_are_not_tunnelled_and_what_is_allowed_is_told() {
        QueueClient queue = http.queue();
        Http.Answer answer = http.send(http.request(queue.path())
                .header("X-HTTP-Method-Override", "DELETE")
                .POST(HttpRequest.BodyPublishers.noBody()));
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.response().headers().firstValue("Allow").orElse("")).contains("PUT", "GET", "DELETE");
        http.get(queue.path()).expect(200);
    }

    @Test
    void a_redrive_of_ids_that_cannot_be_finds_nothing() {
        QueueClient queue = http.queue();
        assertThat(http.post(queue.path() + "/dead-letters/redrive", "{\"ids\": [\"\\u0000\"]}")
                        .expect(200)
                        .json()
                        .path("messages")
                        .asInt())
                .isZero();
    }

    @Test
    void any_id_that_can_be_sent_can_be_looked_up() {
        QueueClient queue = http.queue();
        for (String id : new String[] {
            "a/b", "a//b", "https://x/y?z", "a;b", "100%", "a\\\\b", "a b", "\u00e9\ud83d\ude00", "...", "a?b#c"
        }) {
            queue.send("{\"body\": \"x\", \"id\": \"" + id + "\"}").expect(201);
            String encoded = java.net.URLEncoder.encode(id.replace("\\\\", "\\"), StandardCharsets.UTF_8)
                    .replace("+", "%20");
            assertThat(http.get(queue.path() + "/messages/" + encoded).status()).as(id).isEqualTo(200);
        }
    }

    /** Requests that no HTTP client would send, written to the socket directly. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /v1/queues/x/ack HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "GET /v1/queues HTTP/1.1\r\nHost: localhost\r\nX: a\u0000b\r\n\r\n",
                "GET /v1/queues HTTP/1.1\r\n\r\n",
                "GET /v1/queues HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET /v1/%2e%2e/actuator/env HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /v1/queues|x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "NONSENSE\r\n\r\n"
            })
    void what_is_no_valid_http_is_a_400_and_not_a_500(String raw) throws Exception {
        java.net.URI base = java.net.URI.create(http.base());
        try (java.net.Socket socket = new java.net.Socket(base.getHost(), base.getPort())) {
            socket.setSoTimeout(8000);
            socket.getOutputStream().write(raw.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            String status = new java.io.BufferedReader(
                            new java.io.InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1))
                    .readLine();
            assertThat(status).startsWith("HTTP/1.1 400");
        }
    }

    /**
     * RFC 9112, section 6.3: the length is ignored and the connection closed, so that no second request can be smuggled
     * in after this one.
     */
    @Test
    void a_request_with_two_kinds_of_length_is_the_last_of_its_connection() throws Exception {
        java.net.URI base = java.net.URI.create(http.base());
        try (java.net.Socket socket = new java.net.Socket(base.getHost(), base.getPort())) {
            socket.setSoTimeout(8000);
            String request = "GET /v1/queues?limit=1 HTTP/1.1\r\n"
                    + "Host: localhost\r\n"
                    + "Content-Length: 1\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
                    + "0\r\n\r\n";
            socket.getOutputStream().write((request + request).getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(all.split("HTTP/1.1 ", -1)).as("one answer, then the end").hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1/queues?%zz", "GET /v1/queues?limit=%zz", "GET /v1/queues?cursor=%ff", "GET /v1/queues?=",
                        "GET /v1/queues?a=%c0%af",
                "GET /actuator/health?%zz", "GET /actuator/health/a/b/c", "GET /actuator/health/..%2f",
                "GET /actuator/health/%2F%2F",
                "GET /actuator/metrics/x?tag=a", "GET /actuator/metrics/x?tag=,", "GET /actuator/metrics/rowmq.none",
                "GET /actuator/health/unknown",
                "GET /v1/queues/;a=%zz", "GET /swagger-ui?%zz", "GET /nothing?%zz",
                "POST /v1/queues/q/messages?block=%zz",
                "GET /actuator/health|Accept: ,", "GET /actuator/health|Content-Type: x;charset",
                "GET /v1/queues|Content-Type: x;charset",
                "GET /v1/queues|Content-Type: application/json;charset=", "GET /actuator/queues|Accept: image/png",
                "PUT /v1/queues/never-made|Accept: image/png", "PUT /v1/queues/never-made|Content-Type: x;charset",
                "GET /swagger-ui|User-Agent: \u0001",
                "POST /v1/queues/q/receive|Content-Type: application/x-www-form-urlencoded"
            })
    void what_no_route_can_read_is_a_4xx_without_a_trace(String line) throws Exception {
        String[] parts = line.split("\\|");
        assertThat(raw(parts[0] + " HTTP/1.1\r\nHost: localhost\r\n" + (parts.length > 1 ? parts[1] + "\r\n" : "")
                + "Content-Length: 0\r\nConnection: close\r\n\r\n"))
                .matches("(?s)HTTP/1.1 (400|404|406|415) .*|HTTP/1.1 200 .*actuator.*|(?s)HTTP/1.1 200 .*status.*UP.*");
        assertThat(http.get("/v1/queues/never-made").status()).isEqualTo(404);
    }

    @Test
    void languages_and_what_is_accepted_beside_a_type_change_nothing() throws Exception {
        String languages = java.util.stream.IntStream.range(0, 50).mapToObj(i -> "a" + (char) ('a' + i % 26))
                .collect(java.util.stream.Collectors.joining(","));
        QueueClient queue = http.queue();
        for (String header : new String[] {"Accept-Language: " + languages, "Accept: application/json;charset=utf-16",
                "Accept: application/json;a=\"" + "x".repeat(7000) + "\"", "Accept: Application/JSON",
                "Accept: */*, foo", "Accept:"}) {
            assertThat(raw("GET " + queue.path() + " HTTP/1.1\r\nHost: localhost\r\n" + header
                    + "\r\nConnection: close\r\n\r\n")).as(header).startsWith("HTTP/1.1 200").contains(queue.name());
        }
        String many = java.util.stream.IntStream.range(0, 150).mapToObj(i -> "p" + i + "=1")
                .collect(java.util.stream.Collectors.joining("&"));
        assertThat(raw("GET /actuator/health?" + many + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400");
    }

    private String raw(String request) throws Exception {
        try (dev.rowmq.support.RawHttp raw = new dev.rowmq.support.RawHttp(http).write(request)) {
            return raw.readAll();
        }
    }

    @Test
    void headers_over_8_kb_are_refused() {
        Http.Answer answer = http.send(http.request("/v1/queues").header("X-Long", "x".repeat(9000)).GET());
        assertThat(answer.status()).isIn(400, 431);
    }

    @Test
    void a_client_that_leaves_in_the_middle_does_no_harm() throws Exception {
        QueueClient queue = http.queue();
        java.net.URI base = java.net.URI.create(http.base());
        for (int i = 0; i < 10; i++) {
            try (java.net.Socket socket = new java.net.Socket(base.getHost(), base.getPort())) {
                socket.getOutputStream()
                        .write(("POST " + queue.path()
                                        + "/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                        + "Content-Length: 100\r\n\r\n{\"body\": \"half")
                                .getBytes(StandardCharsets.UTF_8));
            }
        }
        queue.sendText("whole");
        assertThat(queue.receive(10)).hasSize(1);
    }

    @Test
    void odd_texts_are_stored_as_they_are() {
        QueueClient queue = http.queue();
        for (String text :
                new String[] {"'; drop table message; --", "${jndi:ldap://x}", "#{1+1}", "a\\r\\nb", "%00"}) {
            queue.send("{\"body\": \"" + text + "\", \"id\": \"" + text.replace("\\r\\n", "") + "\"}").expect(201);
            assertThat(queue.receiveOne().path("body").toString()).isEqualTo("\"" + text + "\"");
        }
    }
}
