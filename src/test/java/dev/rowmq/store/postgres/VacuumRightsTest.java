package dev.rowmq.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.store.upkeep.Upkeep;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A role that may use the tables but does not own them: PostgreSQL answers its VACUUM only with a warning. */
@ExtendWith(OutputCaptureExtension.class)
class VacuumRightsTest {

    @Test
    void a_table_that_the_role_may_not_vacuum_is_logged_once_with_the_grant_to_give(CapturedOutput output)
            throws Exception {
        String url = TestDatabase.POSTGRESQL.freshUrl();
        new RunningService(url).close();
        Postgres server = Postgres.shared();
        server.runIn(url, "drop role if exists vacuum_guest; create role vacuum_guest login");
        server.runIn(
                url,
                """
                grant usage on schema rowmq to vacuum_guest;
                grant select, insert, update, delete on all tables in schema rowmq to vacuum_guest;
                grant usage on all sequences in schema rowmq to vacuum_guest
                """);
        int begin = output.toString().length();
        String asGuest = url.replace("user=postgres", "user=vacuum_guest");
        try (RunningService service = new RunningService(asGuest, "rowmq.maintenance.vacuum=100ms",
                "logging.level.dev.rowmq=info")) {
            Eventually.within(Duration.ofSeconds(20), "the warnings",
                    () -> warnings(output, begin).size() >= 4);
            assertThat(service.bean(Upkeep.class).vacuum()).as("tables returned as vacuumed").isEmpty();
            Thread.sleep(500);
            assertThat(warnings(output, begin)).doesNotHaveDuplicates().allMatch(line ->
                    line.matches(".*table \\S+ is not vacuumed: .*grant maintain on \\S+ to .*"));
            assertThat(output.toString().substring(begin)).doesNotContain("vacuumed [");
        } finally {
            server.runIn(url, "drop owned by vacuum_guest; drop role vacuum_guest");
        }
    }

    /** Returns the warnings without time and thread. */
    private static List<String> warnings(CapturedOutput output, int begin) {
        return output.toString()
                .substring(begin)
                .lines()
                .filter(line -> line.contains("is not vacuumed"))
                .map(line -> line.substring(line.indexOf("table ")))
                .toList();
    }
}
