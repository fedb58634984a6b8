package dev.rowmq.store.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** The clock of the database goes back by two hours: times that are then in the future do not stop the jobs. */
class ClockStoreTest {

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void a_lock_of_the_future_is_freed_and_an_age_is_never_negative(TestDatabase database) {
        try (RunningService service = new RunningService(database.freshUrl())) {
            JdbcTemplate jdbc = service.bean(JdbcTemplate.class);
            QueueClient queue = service.http().queue();
            queue.send("{\"body\": \"x\", \"delay\": \"2s\"}").expect(201);
            String now = database == TestDatabase.H2 ? "localtimestamp" : "timezone('utc', clock_timestamp())";
            for (String job : new String[] {"redelivery", "expiry", "clean-up", "sweep"}) {
                jdbc.update("delete from shedlock where name = ?", job);
                jdbc.update(
                        ("insert into shedlock (name, lock_until, locked_at, locked_by) values (?, %s + interval '2' "
                                + "hour, %s + interval '2' hour, 'x')")
                                .formatted(now, now),
                        job);
            }
            // as done by a service that starts now, or whose own check is due
            assertThat(service.bean(ClockStore.class).freeLocksOfTheFuture()).isLessThanOrEqualTo(4);
            Eventually.within(Duration.ofSeconds(10), "the delayed message is due",
                    () -> !queue.receive("{\"wait\": \"1s\"}").isEmpty());

            queue.sendText("y");
            jdbc.update("update message set enqueued_at = clock_timestamp() + interval '2' hour where lease_state <= "
                    + "0");
            assertThat(queue.stats().path("oldestAge").asString()).isEqualTo("0s");
            assertThat(service.bean(ClockStore.class).step()).isEmpty();
        }
    }
}
