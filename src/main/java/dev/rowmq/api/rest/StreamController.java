package dev.rowmq.api.rest;

import dev.rowmq.api.http.connection.ClientConnection;
import dev.rowmq.api.http.connection.ClientWatch;
import dev.rowmq.api.rest.message.DroppedResponse;
import dev.rowmq.api.rest.message.StreamedMessageResponse;
import dev.rowmq.api.rest.openapi.Events;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.fanout.StreamedMessage;
import dev.rowmq.queue.FanoutService;
import dev.rowmq.queue.stream.StreamSubscriber;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

import tools.jackson.databind.json.JsonMapper;

/** {@code /v1/queues/{queue}/stream}: Server-Sent Events (WHATWG HTML, section 9.2), a copy of every message sent. */
@RestController
@Tag(name = "Messages")
class StreamController {

    private final FanoutService service;
    private final ClientWatch clients;
    private final JsonMapper json;
    private final AtomicInteger subscribers;
    private final Counter sent;
    private final Counter dropped;

    StreamController(FanoutService service, ClientWatch clients, JsonMapper json, MeterRegistry meters) {
        this.clients = clients;
        this.service = service;
        this.json = json;
        this.subscribers = meters.gauge("rowmq.stream.subscribers", new AtomicInteger());
        this.sent = meters.counter("rowmq.stream.sent");
        this.dropped = meters.counter("rowmq.stream.dropped");
    }

    @Operation(
            operationId = "streamMessages",
            summary = "Subscribe: a copy of every message sent to the queue from now on, without consuming it",
            description =
                    "Server-Sent Events. `ready` is sent once no later message can be missed. The other events are"
                        + " `message`, with the message as JSON, and `dropped`, with `{\"messages\": 3}` where the"
                        + " client was too slow for that many messages, or 1 for a partition that does not answer. A"
                        + " client that reads nothing for 5 s is disconnected. A comment is sent after 15 s without an"
                        + " event. With `Last-Event-ID`, the messages sent after that one and still in the queue come"
                        + " first; other partitions send all messages still in the queue, so some may come again.")
    @Statuses({200, 400, 404})
    @Events({StreamedMessageResponse.class, DroppedResponse.class})
    @GetMapping(path = "/v1/queues/{queue}/stream", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    void stream(
            @PathVariable String queue,
            @Parameter(description = "id of the last event that the client has read")
                    @RequestHeader(name = "Last-Event-ID", required = false)
                    String lastEventId,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException, InterruptedException {
        long after = position(lastEventId);
        if (request.getMethod().equals("HEAD")) {
            // a HEAD response has no body, so nothing is streamed, and the stream would never end
            service.requireQueue(queue);
            return;
        }
        ClientConnection client = ClientConnection.of(request);
        try (StreamSubscriber subscriber = service.subscribe(queue)) {
            subscribers.incrementAndGet();
            try (ClientWatch.Watch watch = clients.watch(client, subscriber::wake)) {
                response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
                response.setHeader("Cache-Control", "no-store");
                OutputStream out = response.getOutputStream();
                write(out, "retry: 2000\nevent: ready\ndata: {}\n\n");
                if (lastEventId != null) {
                    service.replay(queue, subscriber, after, copy -> {
                        try {
                            write(out, copy);
                        } catch (IOException clientGone) {
                            throw new UncheckedIOException(clientGone);
                        }
                    });
                }
                out.flush();
                write(queue, subscriber, client, out);
            } catch (UncheckedIOException clientGone) {
                throw clientGone.getCause();
            } finally {
                subscribers.decrementAndGet();
            }
        }
    }

    private static long position(String lastEventId) {
        try {
            return lastEventId == null ? 0 : Long.parseLong(lastEventId);
        } catch (NumberFormatException none) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST,
                    "Last-Event-ID",
                    ("Last-Event-ID is '%s', which is no id of an event of this stream; leave it out to begin with "
                            + "the next message")
                            .formatted(SafeText.of(lastEventId, 50)));
        }
    }

    private void write(String queue, StreamSubscriber subscriber, ClientConnection client, OutputStream out)
            throws IOException, InterruptedException {
        boolean open = true;
        while (open) {
            switch (subscriber.next()) {
                case StreamSubscriber.Event.MessageEvent message -> write(out, message.copy());
                case StreamSubscriber.Event.DroppedEvent lost -> {
                    dropped.increment(lost.messages());
                    write(
                            out,
                            "event: dropped\ndata: " + json.writeValueAsString(new DroppedResponse(lost.messages()))
                                    + "\n\n");
                }
                case StreamSubscriber.Event.Quiet quiet -> {
                    open = (client == null || !client.gone()) && service.watchable(queue, subscriber);
                    write(out, ":\n\n");
                }
                case StreamSubscriber.Event.End end -> open = false;
            }
            if (!subscriber.more()) {
                out.flush();
            }
        }
    }

    private void write(OutputStream out, StreamedMessage copy) throws IOException {
        sent.increment();
        write(
                out,
                "event: message\nid: " + copy.position() + "\ndata: "
                        + json.writeValueAsString(StreamedMessageResponse.of(copy)) + "\n\n");
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
