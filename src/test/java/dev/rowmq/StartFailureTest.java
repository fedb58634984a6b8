package dev.rowmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The first lines of log of a failed start: the attempt, the error of the database, and the next step. */
@ExtendWith(OutputCaptureExtension.class)
class StartFailureTest {

    private static final String SECRET = "not-in-any-log-0123";

    private static String url(String url, String user, String password) {
        return url.replace("user=postgres", "user=" + user + "&password=" + password);
    }

    /** @param words texts that must be in the log, whose description has at most 5 lines */
    private static void refused(CapturedOutput output, String url, List<String> words, String... settings) {
        int before = output.getAll().length();
        String[] all = new String[settings.length + 2];
        System.arraycopy(settings, 0, all, 2, settings.length);
        all[0] = "rowmq.store.start-timeout=0s";
        all[1] = "logging.level.root=info";
        assertThatThrownBy(() -> new RunningService(url, all).close()).isNotNull();
        String log = output.getAll().substring(before);
        assertThat(log).contains(words).doesNotContain(SECRET, "\tat ", "repair", "baseline");
        String thread = Thread.currentThread().getName();
        String own = "[" + thread.substring(Math.max(0, thread.length() - 15)) + "]";
        // services of other tests log at the same time
        List<String> lines = log.lines()
                .filter(line -> !line.isBlank() && (!line.matches("\\d{4}-\\d\\d-.*") || line.contains(own)))
                .toList();
        assertThat(lines.subList(
                        lines.indexOf("Description:"), lines.size()))
                .as(log)
                .hasSizeLessThanOrEqualTo(5);
        assertThat(lines).as(log).hasSizeLessThanOrEqualTo(20);
    }

    @Test
    void a_wrong_password_database_or_port_takes_three_lines(CapturedOutput output) throws Exception {
        String url = TestDatabase.POSTGRESQL.freshUrl();
        refused(output, url.replaceFirst("/rowmq_[0-9]+", "/nowhere"),
                List.of("database \"nowhere\" does not exist", "3D000", "Create the database"));
        refused(output, url(url, "stranger", SECRET),
                List.of("jdbc:postgresql://127.0.0.1", "role \"stranger\" does not exist", "28000"));
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        refused(output, "jdbc:postgresql://127.0.0.1:" + port + "/rowmq?password=" + SECRET,
                List.of("refused", "start-timeout"));
        refused(output, "jdbc:postgresql://no-such-host.invalid/rowmq", List.of("unknown host no-such-host.invalid"));
        String readOnly = TestDatabase.POSTGRESQL.freshUrl();
        Postgres.shared().run("alter database " + readOnly.replaceFirst(".*/(rowmq_[0-9]+).*", "$1")
                + " set default_transaction_read_only = on");
        refused(output, readOnly, List.of("default_transaction_read_only"));
        refused(output, "jdbc:mysql://127.0.0.1/rowmq?password=" + SECRET,
                List.of("jdbc:mysql://127.0.0.1/rowmq", "PostgreSQL"));
    }

    @Test
    void a_database_of_another_application_is_left_alone(CapturedOutput output) {
        String tables = TestDatabase.POSTGRESQL.freshUrl();
        Postgres.shared().runIn(tables, "create schema rowmq create table invoice (id int)");
        refused(output, tables, List.of("tables of another application (invoice)", "schema of its own"));
        String history = TestDatabase.POSTGRESQL.freshUrl();
        Postgres.shared().runIn(history, """
                create schema rowmq;
                create table flyway_schema_history (installed_rank int primary key, version varchar(50),
                    description varchar(200) not null, type varchar(20) not null, script varchar(1000) not null,
                    checksum int, installed_by varchar(100) not null, installed_on timestamp not null default now(),
                    execution_time int not null, success boolean not null);
                insert into flyway_schema_history
                    values (1, '001', 'invoice', 'SQL', 'V001__invoice.sql', 5, 'x', now(), 1, true)""");
        refused(output, history, List.of("Flyway history of another application"));
        assertThat(Postgres.shared().queryIn(history,
                "select count(*) from information_schema.tables where table_schema = 'rowmq'"))
                .isEqualTo("1");
    }

    @Test
    void a_role_without_rights_and_another_encoding_are_told(CapturedOutput output) {
        String url = TestDatabase.POSTGRESQL.freshUrl();
        Postgres.shared().run("create role plain login");
        refused(output, url.replace("user=postgres", "user=plain"),
                List.of("permission denied for database", "create schema rowmq authorization plain"));
        String latin = TestDatabase.POSTGRESQL.freshUrl();
        Postgres.shared().run("create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0");
        refused(output, latin.replaceFirst("/rowmq_[0-9]+", "/latin"), List.of("encoding is LATIN1", "UTF8"));
    }

    @Test
    void a_start_waits_for_a_database_that_comes_later(CapturedOutput output) throws Exception {
        Postgres late = new Postgres();
        String url = late.create("rowmq");
        late.stop();
        Thread starter = Thread.ofVirtual().start(() -> {
            Eventually.within(Duration.ofSeconds(50), "a line about the wait", () ->
                    output.getAll().contains("waiting up to"));
            late.start();
        });
        try (RunningService service = new RunningService(url)) {
            service.http().get("/v1/queues").expect(200);
        }
        starter.join();
        assertThat(output.getAll().lines().filter(line -> line.contains("waiting up to"))).hasSizeBetween(1, 3);
        late.close();
    }
}
