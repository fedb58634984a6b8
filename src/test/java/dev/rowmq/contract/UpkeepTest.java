package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.maintenance.TableCleanUp;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;

/** The maintenance of the database, and the reports when it is damaged. */
class UpkeepTest {

    @Test
    void the_h2_file_stays_small_while_messages_come_and_go() throws Exception {
        String url = TestDatabase.H2.freshUrl();
        Path file = Path.of(url.substring("jdbc:h2:file:".length(), url.indexOf(';')) + ".mv.db");
        String text = "x".repeat(1000);
        try (RunningService service = new RunningService(url)) {
            QueueClient queue = service.http().queue();
            for (int round = 0; round < 60; round++) {
                queue.sendBatch(IntStream.range(0, 500)
                                .mapToObj(i -> "{\"body\": \"" + text + "\"}")
                                .collect(Collectors.joining(",")))
                        .expect(200);
                String[] receipts =
                        queue.receive(500).stream().map(m -> m.path("receipt").asString()).toArray(String[]::new);
                queue.settleReceipts("ack", "", receipts);
            }
            service.bean(TableCleanUp.class).vacuum();
            long megabytes = Files.size(file) >> 20;
            System.out.printf("30,000 messages of 1 kB came and went: the H2 file has %d MB%n", megabytes);
            assertThat(megabytes).isLessThan(40);
            assertThat(queue.stats().path("acked").asInt()).isEqualTo(30_000);
        }
    }

    @Test
    void postgresql_s_hot_tables_are_vacuumed() {
        RunningService service = TestDatabase.POSTGRESQL.service();
        assertThat(service.bean(TableCleanUp.class).vacuum()).contains("message", "delayed_message", "queue_counter");
        assertThat(service.bean(JdbcTemplate.class)
                        .queryForObject("show statement_timeout", String.class))
                .isEqualTo("5s");
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void a_defect_is_a_plain_500_and_a_log_line_and_bodies_are_in_no_log(CapturedOutput output) {
        try (RunningService service = new RunningService(TestDatabase.H2.freshUrl())) {
            QueueClient queue = service.http().queue();
            service.bean(JdbcTemplate.class).execute("drop table message");
            Http.Answer answer = queue.send("{\"body\": \"a-secret-body\"}").expect(500);
            assertThat(answer.code()).isEqualTo("INTERNAL");
            assertThat(answer.text()).doesNotContain("SQL", "Exception", "dev.rowmq", "message (", "\tat ");
        }
        assertThat(output.getAll()).contains("this is a defect").doesNotContain("a-secret-body");
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void memory_is_reported_when_that_is_set(CapturedOutput output) throws Exception {
        try (RunningService service = new RunningService(
                TestDatabase.H2.freshUrl(), "rowmq.maintenance.memory-report=200ms", "logging.level.dev.rowmq=info")) {
            service.http().queue().sendText("x");
            Thread.sleep(1000);
        }
        assertThat(output.getAll())
                .containsPattern("memory: heap \\d+ MB of \\d+ MB, non-heap \\d+ MB, \\d+ collections; ready 1, ");
    }
}
