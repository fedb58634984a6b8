package dev.rowmq.bench;

import dev.rowmq.support.Http;
import dev.rowmq.support.LoadClient;
import dev.rowmq.support.Postgres;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A service whose database holds the data of measurements e and h: 5,000,000 waiting messages, 100,000 in flight,
 * 1,000,000 delayed, and 1,000 queues.
 */
final class Loaded implements AutoCloseable {

    private static final int QUEUES = 1000;

    private final Service service;

    Loaded(Postgres postgres) {
        service = Service.onPostgres(postgres, "loaded");
        List.of("deep", "flight", "later").forEach(service::queue);
        for (int i = 3; i < QUEUES; i++) {
            service.queue("q" + i);
        }
        System.out.println("e: filling the database");
        service.sql(
                message("deep", 5_000_000, "clock_timestamp()", "0, 0, null, 0"),
                message(
                        "flight",
                        100_000,
                        "clock_timestamp() + interval '1 hour'",
                        "1, nextval('lease_token'), clock_timestamp(), 1"),
                """
                insert into delayed_message (queue_id, due_at, position, priority, deliveries, body_kind, body,
                    enqueued_at, expires_at)
                select (select id from queue where name = 'later'), clock_timestamp() + interval '1 day',
                    nextval('message_position'), 0, 0, 0, decode(repeat('6d', 128), 'hex'), clock_timestamp(),
                    clock_timestamp() + interval '5 days'
                from generate_series(1, 1000000)
                """,
                counter("deep", "ready", 5_000_000),
                counter("flight", "in_flight", 100_000),
                counter("later", "delayed", 1_000_000),
                "vacuum analyze message");
    }

    private static String message(String queue, int messages, String visibleAt, String lease) {
        return """
            insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, leased_at,
                deliveries,
                body_kind, body, enqueued_at, expires_at)
            select (select id from queue where name = '%s'), 0, nextval('message_position'), %s, %s,
                0, decode(repeat('6d', 128), 'hex'), clock_timestamp(), clock_timestamp() + interval '4 days'
            from generate_series(1, %d)
            """.formatted(queue, visibleAt, lease, messages);
    }

    private static String counter(String queue, String level, int messages) {
        return """
            insert into queue_counter (queue_id, writer, %s, sent, claimed_to, updated_at)
            select id, -1, %d, %d, currval('message_position'), clock_timestamp()
            from queue where name = '%s'
            """.formatted(level, messages, messages, queue);
    }

    Service service() {
        return service;
    }

    /** The queues of each contender, by the load that exists beside the cycle. */
    Map<String, List<String>> queues() {
        Map<String, List<String>> queues = new LinkedHashMap<>();
        queues.put("5,000,000 waiting", List.of("deep"));
        queues.put("100,000 in flight", List.of("flight"));
        queues.put("1,000,000 delayed", List.of("later"));
        queues.put("1,000 queues, one used", List.of("q500"));
        queues.put("1,000 queues, 900 used in turn", IntStream.range(100, QUEUES).mapToObj(i -> "q" + i).toList());
        return queues;
    }

    Report.Finding listQueues() {
        Http.Answer all = service.http().get("/v1/queues?limit=1000");
        LoadClient.run(
                service.port(),
                List.of(new Conversations.Same(Conversations.get("/v1/queues?limit=1000"), 200, 1)),
                Duration.ofSeconds(5));
        var measured = LoadClient.run(
                service.port(),
                List.of(new Conversations.Same(Conversations.get("/v1/queues?limit=1000"), 200, 1)),
                Duration.ofSeconds(5));
        return new Report.Finding(
                "h",
                "GET /v1/queues with %d queues and 5,000,000 messages".formatted(all.json().path("items").size()),
                "median %.1f ms, 99 %% %.1f ms"
                        .formatted(
                                measured.latency().getValueAtPercentile(50) / 1000.0,
                                measured.latency().getValueAtPercentile(99) / 1000.0),
                "at most 50 ms");
    }

    @Override
    public void close() {
        service.close();
    }
}
