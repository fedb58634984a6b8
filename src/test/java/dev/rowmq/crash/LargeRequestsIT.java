package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.TestDatabase;

import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Many large requests and answers at once are served or refused, and the process does not run out of memory. */
@Tag("long")
class LargeRequestsIT {

    private static final int MESSAGES = 15;
    private static final int PAGES = 16;
    private static final int RECEIVERS = 8;

    /**
     * Database, heap size, and number of concurrent batches. The short form uses the smallest heap, on the database
     * that needs the most of it.
     */
    static Stream<Arguments> sizes() {
        Arguments smallest = Arguments.of(TestDatabase.H2, "256m", 8);
        return Boolean.getBoolean("rowmq.soak")
                ? Stream.of(
                        smallest,
                        Arguments.of(TestDatabase.H2, "512m", 32),
                        Arguments.of(TestDatabase.POSTGRESQL, "256m", 8),
                        Arguments.of(TestDatabase.POSTGRESQL, "512m", 32))
                : Stream.of(smallest);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void batches_and_pages_are_served_or_refused(TestDatabase database, String heap, int batches, @TempDir Path folder)
            throws Exception {
        List<String> settings = new ArrayList<>(List.of("logging.level.root=warn"));
        if (database == TestDatabase.POSTGRESQL) {
            settings.add("spring.datasource.url=" + database.freshUrl());
        }
        try (ServiceProcess service =
                new ServiceProcess(folder, Map.of(), heap, List.of(), settings.toArray(String[]::new)).start()) {
            QueueClient queue = service.http().queue("{\"visibilityTimeout\": \"1h\"}");
            byte[] batch = IntStream.range(0, MESSAGES)
                    .mapToObj(n -> "{\"body\":\"" + "m".repeat(1_000_000) + "\"}")
                    .collect(Collectors.joining(",", "{\"messages\":[", "]}"))
                    .getBytes(StandardCharsets.UTF_8);
            int accepted = MESSAGES * together(batches, () -> service.http()
                    .send(service.http()
                            .request(queue.path() + "/messages/batch")
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofByteArray(batch))));
            healthy(service);
            assertThat(accepted).isPositive();
            assertThat(queue.stats().path("ready").asInt()).isEqualTo(accepted);
            assertThat(together(PAGES, () -> service.http().get(queue.path() + "/messages?limit=1000"))).isPositive();
            healthy(service);
            queue.sendText("last");
            List<String> receipts = new CopyOnWriteArrayList<>();
            Eventually.within(Duration.ofSeconds(60), "all is received", () -> {
                together(RECEIVERS, () -> {
                    Http.Answer answer = service.http().post(queue.path() + "/receive", "{\"max\": 1000}");
                    answer.json().path("messages").forEach(each -> receipts.add(each.path("receipt").asString()));
                    return answer;
                });
                return receipts.size() > accepted;
            });
            String[] all = receipts.toArray(String[]::new);
            assertThat(queue.settleReceipts("extend", ", \"visibilityTimeout\": \"2h\"", all)).hasSize(accepted + 1);
            assertThat(queue.settleReceipts("nack", ", \"delay\": \"1h\"", all)).hasSize(accepted + 1);
            healthy(service);
            service.http().delete(queue.path() + "/messages").expect(202);
            Eventually.within(Duration.ofSeconds(60), "purged", () -> queue.stats().path("delayed").asInt() == 0);
            assertThat(service.logText()).doesNotContain("OutOfMemoryError");
        }
    }

    /** @return number of requests served; the others were refused with OVERLOADED */
    private static int together(int number, Supplier<Http.Answer> request) throws Exception {
        int served = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Http.Answer>> answers = new ArrayList<>();
            for (int n = 0; n < number; n++) {
                answers.add(threads.submit(request::get));
            }
            for (Future<Http.Answer> each : answers) {
                Http.Answer answer = each.get();
                assertThat(answer.status() + answer.code()).isIn("200", "503OVERLOADED");
                if (answer.status() == 200) {
                    served++;
                } else {
                    assertThat(answer.response().headers().firstValue("Retry-After")).isPresent();
                }
            }
        }
        return served;
    }

    private static void healthy(ServiceProcess service) {
        service.http().get("/actuator/health/readiness").expect(200);
    }
}
