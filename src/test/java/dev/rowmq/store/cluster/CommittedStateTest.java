package dev.rowmq.store.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The state of queues changes with each of their changes, and with nothing else. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class CommittedStateTest {

    private final RunningService service;
    private final CommittedState committed;
    private Object before;

    CommittedStateTest(TestDatabase database) {
        service = database.service();
        committed = service.bean(CommittedState.class);
    }

    @BeforeEach
    void create() {
        service.http().put("/v1/queues/state", "{}").expect(201);
        before = committed.ofQueues();
    }

    private void changes(Http.Answer answer) {
        assertThat(answer.status()).isLessThan(300);
        Object after = committed.ofQueues();
        assertThat(after).isNotEqualTo(before);
        before = after;
    }

    @Test
    void each_change_of_a_queue_changes_it() {
        changes(service.http().put("/v1/queues/other", "{}"));
        changes(service.http().put("/v1/queues/other", "{\"maxDeliveries\": 7}"));
        changes(service.http().post("/v1/queues/other/pause", ""));
        changes(service.http().post("/v1/queues/other/resume", ""));
        changes(service.http().delete("/v1/queues/other"));
        changes(service.http().delete("/v1/queues/state"));
    }

    @Test
    void messages_and_refused_changes_do_not_change_it() {
        QueueClient queue = new QueueClient(service.http(), "state");
        queue.sendText("x");
        queue.ack(queue.receiveOne());
        service.http().put("/v1/queues/state", "{\"maxDeliveries\": -1}").expect(400);
        assertThat(committed.ofQueues()).isEqualTo(before);
        service.http().delete("/v1/queues/state").expect(204);
    }
}
