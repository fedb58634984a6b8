package dev.rowmq.api.rest;

import dev.rowmq.api.http.RequestMemory;
import dev.rowmq.api.rest.error.JsonErrorTranslator;
import dev.rowmq.api.rest.export.ExportedMessage;
import dev.rowmq.api.rest.export.ImportResponse;
import dev.rowmq.api.rest.json.JsonSource;
import dev.rowmq.api.rest.message.MessageResponse;
import dev.rowmq.api.rest.openapi.RequestExample;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.api.rest.settlement.DeadLetterResponse;
import dev.rowmq.model.Page;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.SendResult;
import dev.rowmq.queue.QueueService;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/** {@code /v1/queues/{queue}}: all messages of a queue as lines of JSON, and back. */
@RestController
@RequestMapping("/v1/queues/{queue}")
@Tag(name = "Messages")
class ExportController {

    /** Lines of JSON, see ndjson.org. */
    private static final String NDJSON = "application/x-ndjson";

    private static final int PAGE = 1000;

    private final QueueService service;
    private final JsonMapper json;
    private final ObjectReader line;

    ExportController(QueueService service, JsonMapper json) {
        this.service = service;
        this.json = json;
        this.line = json.readerFor(ExportedMessage.class);
    }

    @Operation(
            operationId = "exportMessages",
            summary = "Read all messages and dead letters of the queue as lines of JSON, without consuming them",
            description = "One message a line, in the order delayed, ready, in flight, dead (`state`). A message that"
                    + " changes its state meanwhile may come twice. A line can be given to the import.")
    @Statuses({200, 404})
    @GetMapping(path = "/export", produces = NDJSON)
    void export(@PathVariable String queue, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        service.glance(queue);
        response.setContentType(NDJSON);
        if (request.getMethod().equals("HEAD")) {
            return;
        }
        RequestMemory.of(request).reserve(MessageController.PAGE_BYTES);
        OutputStream out = response.getOutputStream();
        for (MessageView.State state :
                List.of(MessageView.State.DELAYED, MessageView.State.READY, MessageView.State.IN_FLIGHT)) {
            Optional<String> cursor = Optional.empty();
            do {
                Page<MessageView> page = service.peek(queue, state, PAGE, cursor);
                for (MessageView view : page.items()) {
                    write(out, json.writeValueAsString(MessageResponse.of(view)));
                }
                cursor = page.next();
            } while (cursor.isPresent());
        }
        Optional<String> cursor = Optional.empty();
        do {
            Page<DeadLetter> page = service.deadLetters(queue, PAGE, cursor);
            for (DeadLetter letter : page.items()) {
                write(
                        out,
                        "{\"state\":\"dead\","
                                + json.writeValueAsString(DeadLetterResponse.of(letter))
                                        .substring(1));
            }
            cursor = page.next();
        } while (cursor.isPresent());
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.write('\n');
    }

    @Operation(
            operationId = "importMessages",
            summary = "Send the messages of an export to the queue",
            description = "One message a line, as the export writes it. Ids that producers gave are kept, so that a"
                    + " second import stores nothing twice; generated ids are not. Delayed messages stay delayed. Dead"
                    + " letters are skipped. A line that is refused does not stop the others. A request is as large as"
                    + " rowmq.rest.max-request-size allows: split a larger file at line ends.")
    @Statuses({200, 400, 404, 413})
    @RequestExample("""
        {"id": "order-1042", "state": "ready", "body": {"order": 1042}, "metadata": {}, "priority": 0}\
        """)
    @PostMapping(path = "/import", consumes = NDJSON)
    ImportResponse importMessages(
            @PathVariable String queue, @RequestBody byte[] lines, HttpServletRequest request) {
        boolean fifo = service.queue(queue).settings().fifo().isPresent();
        ImportResponse.Sum sum = new ImportResponse.Sum();
        List<NewMessage> messages = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        int number = 0;
        int given = 0;
        for (byte[] text : split(lines)) {
            number++;
            if (new String(text, StandardCharsets.US_ASCII).isBlank()) {
                continue;
            }
            given++;
            Optional<NewMessage> message = read(text, number, fifo, sum);
            if (message.isPresent()) {
                messages.add(message.get());
                numbers.add(number);
            }
            if (messages.size() == PAGE) {
                send(queue, messages, numbers, request, sum);
            }
        }
        send(queue, messages, numbers, request, sum);
        return sum.response(given);
    }

    private static List<byte[]> split(byte[] text) {
        List<byte[]> lines = new ArrayList<>();
        int begin = 0;
        for (int i = 0; i <= text.length; i++) {
            if (i == text.length || text[i] == '\n') {
                lines.add(Arrays.copyOfRange(text, begin, i));
                begin = i + 1;
            }
        }
        return lines;
    }

    /** The message of a line; empty for a line that is skipped or refused. */
    private Optional<NewMessage> read(byte[] text, int number, boolean fifo, ImportResponse.Sum sum) {
        try {
            ExportedMessage message = JsonSource.attach(line, text).readValue(text);
            if (message.dead()) {
                sum.skipped();
                return Optional.empty();
            }
            return Optional.of(message.message(fifo));
        } catch (JacksonException unreadable) {
            sum.rejected(number, JsonErrorTranslator.refusal(unreadable).faults().getFirst());
        } catch (QueueException refusal) {
            sum.rejected(number, refusal.faults().getFirst());
        }
        return Optional.empty();
    }

    private void send(
            String queue, List<NewMessage> messages, List<Integer> numbers, HttpServletRequest request,
            ImportResponse.Sum sum) {
        if (messages.isEmpty()) {
            return;
        }
        List<SendResult> results = service.send(queue, messages, SendContexts.sender(request));
        for (int i = 0; i < results.size(); i++) {
            switch (results.get(i)) {
                case SendResult.Stored stored -> sum.stored(stored.duplicate());
                case SendResult.Rejected rejected -> sum.rejected(numbers.get(i), rejected.fault());
            }
        }
        messages.clear();
        numbers.clear();
    }
}
