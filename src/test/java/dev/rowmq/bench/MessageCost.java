package dev.rowmq.bench;

import dev.rowmq.support.Http;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import tools.jackson.databind.JsonNode;

/**
 * Bytes that PostgreSQL writes to its log (WAL) for the whole life of a message: sent, received and acked in batches of
 * 100, with bodies of 128 bytes. No checkpoint happens meanwhile, as it would add whole pages.
 */
final class LogVolume {

    private static final int BATCH = 100;
    private static final int WARM_UP = 300;
    private static final int BATCHES = 300;

    private final Service service;
    private final Postgres postgres;
    private int sent;

    private LogVolume(Service service, Postgres postgres) {
        this.service = service;
        this.postgres = postgres;
    }

    static void measure(Service service, Postgres postgres, Report report) {
        service.queue("log");
        LogVolume volume = new LogVolume(service, postgres);
        for (boolean ids : List.of(false, true)) {
            volume.lives(ids, WARM_UP);
            long before = volume.written();
            volume.lives(ids, BATCHES);
            report.add(new Report.Finding(
                    "o",
                    "WAL of a message's life " + (ids ? "with an id" : "without an id"),
                    "%,d bytes".formatted((volume.written() - before) / (BATCH * BATCHES)),
                    ids ? "1,200 bytes" : "700 bytes"));
        }
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
