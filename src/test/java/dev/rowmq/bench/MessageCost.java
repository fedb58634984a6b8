package dev.rowmq.bench;

import dev.rowmq.support.Http;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import tools.jackson.databind.JsonNode;

/**
 * The cost of the whole life of a message, sent, received and acked in batches of 100, with bodies of 128 bytes: the
 * bytes that PostgreSQL writes to its log (WAL), and the processor time of the service and of its connections in the
 * database. No checkpoint happens meanwhile, as it would add whole pages to the log.
 */
final class MessageCost {

    private static final int BATCH = 100;
    private static final int WARM_UP = 600;
    private static final int BATCHES = 300;

    private final Service service;
    private final Postgres postgres;
    private int sent;

    private MessageCost(Service service, Postgres postgres) {
        this.service = service;
        this.postgres = postgres;
    }

    /** @param database of the service, in that server */
    static void measure(Service service, Postgres postgres, String database, Report report) {
        service.queue("log");
        MessageCost cost = new MessageCost(service, postgres);
        for (boolean ids : List.of(false, true)) {
            cost.lives(ids, WARM_UP);
            long before = cost.written();
            Duration ofService = service.processorTime();
            Duration ofDatabase = postgres.processorTime(database);
            cost.lives(ids, BATCHES);
            String life = "a message's life " + (ids ? "with an id" : "without an id");
            report.add(new Report.Finding(
                    "o",
                    "WAL of " + life,
                    "%,d bytes".formatted((cost.written() - before) / (BATCH * BATCHES)),
                    ids ? "1,200 bytes" : "700 bytes"));
            report.add(new Report.Finding(
                    "o",
                    "processor time of " + life,
                    "%.1f µs in the service, %.1f µs in the database".formatted(
                            micros(service.processorTime().minus(ofService)),
                            micros(postgres.processorTime(database).minus(ofDatabase))),
                    "none"));
        }
    }

    private static double micros(Duration all) {
        return all.toNanos() / 1000.0 / (BATCH * BATCHES);
    }

    private void lives(boolean ids, int batches) {
        QueueClient queue = new QueueClient(service.http(), "log");
        for (int i = 0; i < batches; i++) {
            String messages = IntStream.range(0, BATCH)
                    .mapToObj(n -> "{\"body\": \"" + Conversations.BODY + "\""
                            + (ids ? ", \"id\": \"order-%012d\"".formatted(sent++) : "") + "}")
                    .collect(Collectors.joining(","));
            queue.sendBatch(messages).expect(200);
            String receipts = queue.receive(BATCH).stream()
                    .map((JsonNode message) -> Http.quoted(message.path("receipt").asString()))
                    .collect(Collectors.joining(","));
            service.http().post(queue.path() + "/ack", "{\"receipts\": [" + receipts + "]}").expect(200);
        }
    }

    private long written() {
        return Long.parseLong(postgres.query("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"));
    }
}
