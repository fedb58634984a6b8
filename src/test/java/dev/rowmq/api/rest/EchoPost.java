package dev.rowmq.api.rest;

import dev.rowmq.api.rest.message.SendRequest;
import dev.rowmq.api.rest.message.SendResponse;
import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.message.NewMessage;
import dev.rowmq.model.message.SendResult;

import java.time.Instant;

import org.springframework.context.annotation.Profile;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** The JSON floor: a send that is parsed and answered as any other, without the service and the store. */
@RestController
@Profile("bench")
public class EchoPost {

    @PostMapping("/v1/echo/{queue}/messages")
    ResponseEntity<SendResponse> send(@PathVariable String queue, @RequestBody SendRequest message) {
        NewMessage read = message.message();
        Instant now = Instant.now();
        String id = GeneratedId.of(new MessageKey(queue.length(), read.body().bytes().length, now.getNano()));
        return ResponseEntity.status(201)
                .body(SendResponse.of(new SendResult.Stored(id, 1, false, java.util.Optional.empty(), now, now)));
    }
}
