package dev.rowmq.api.sqs;

import dev.rowmq.api.http.SqsRequests;

import jakarta.servlet.http.HttpServletRequest;

import org.springframework.core.Ordered;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.handler.AbstractHandlerMapping;

/** Leads the requests of Amazon SQS's API to their controller, and no other request. */
@Component
class SqsMapping extends AbstractHandlerMapping {

    private final SqsRequests requests;
    private final SqsController controller;

    SqsMapping(SqsRequests requests, SqsController controller) {
        this.requests = requests;
        this.controller = controller;
        setOrder(Ordered.HIGHEST_PRECEDENCE);
    }

    @Override
    protected Object getHandlerInternal(HttpServletRequest request) {
        return requests.matches(request) ? controller : null;
    }
}
