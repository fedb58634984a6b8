package dev.rowmq.bench;

import org.springframework.context.annotation.Profile;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The HTTP floor: the rate of the same server, with the same filters, for a request without any work. */
@RestController
@Profile("bench")
class EmptyPost {

    @PostMapping("/v1/empty")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void empty() {}
}
