package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.crash.GroupHistory.Granted;
import dev.rowmq.crash.GroupHistory.Released;
import dev.rowmq.crash.GroupHistory.SentInGroup;

import java.time.Instant;

import org.junit.jupiter.api.Test;

/** The check of groups finds each kind of violation, and none in a correct history. */
class GroupHistoryTest {

    private static final Instant T0 = Instant.parse("2026-11-26T12:00:00Z");

    private final GroupHistory history = new GroupHistory();

    private void sent(String token, long position, long asked, long answered) {
        history.sent.add(new SentInGroup("g", token, position, asked, answered));
    }

    /** A lease of ten seconds, granted at that second. */
    private void granted(String token, long position, long batch, int index, int deliveries, long second) {
        history.granted.add(new Granted(
                "g",
                token,
                position,
                batch,
                index,
                deliveries,
                T0.plusSeconds(second),
                T0.plusSeconds(second + 10),
                second,
                second));
    }

    private void released(String token, boolean ack, long second) {
        history.released.add(new Released("g", token, ack, second));
    }

    private void threeSends() {
        sent("a", 1, 1, 2);
        sent("b", 2, 3, 4);
        sent("c", 3, 5, 6);
    }

    @Test
    void a_correct_history_has_no_violation() {
        threeSends();
        granted("a", 1, 1, 0, 1, 10);
        granted("b", 2, 1, 1, 1, 10);
        released("b", true, 11);
        // the lease of a ended
        granted("a", 1, 2, 0, 2, 21);
        granted("c", 3, 2, 1, 1, 21);
        released("a", true, 22);
        released("c", false, 22);
        granted("c", 3, 3, 0, 2, 23);
        assertThat(history.violations()).isEmpty();
    }

    @Test
    void positions_in_the_order_of_sending_and_not_of_commits_are_found() {
        // a drew its position first and committed last: b was answered before c began, and c is before b
        sent("b", 2, 1, 2);
        sent("c", 1, 3, 4);
        granted("c", 1, 1, 0, 1, 10);
        granted("b", 2, 1, 1, 1, 10);
        assertThat(history.violations()).singleElement().asString().startsWith("order of sends");
    }

    @Test
    void a_group_that_is_freed_before_its_head_came_back_is_found() {
        threeSends();
        granted("a", 1, 1, 0, 1, 10);
        released("a", false, 11);
        granted("b", 2, 2, 0, 1, 12);
        granted("c", 3, 2, 1, 1, 12);
        assertThat(history.violations()).singleElement().asString().startsWith("overtaken: b");
    }

    @Test
    void an_expired_head_that_is_overtaken_is_found() {
        threeSends();
        granted("a", 1, 1, 0, 1, 10);
        granted("b", 2, 2, 0, 1, 21);
        granted("c", 3, 2, 1, 1, 21);
        assertThat(history.violations()).singleElement().asString().startsWith("overtaken: b");
    }

    @Test
    void two_receivers_in_one_group_are_found() {
        threeSends();
        granted("a", 1, 1, 0, 1, 10);
        granted("b", 2, 2, 0, 1, 12);
        granted("c", 3, 2, 1, 1, 12);
        assertThat(history.violations()).singleElement().asString().startsWith("two receives");
    }

    @Test
    void deliveries_out_of_order_within_a_receive_are_found() {
        threeSends();
        granted("b", 2, 1, 0, 1, 10);
        granted("a", 1, 1, 1, 1, 10);
        granted("c", 3, 1, 2, 1, 10);
        assertThat(history.violations()).singleElement().asString().startsWith("order of deliveries: a");
    }

    @Test
    void a_lost_message_and_a_phantom_are_found() {
        sent("a", 1, 1, 2);
        granted("x", 2, 1, 0, 1, 10);
        assertThat(history.violations()).hasSize(2).anyMatch(line -> line.startsWith("lost: a"))
                .anyMatch(line -> line.startsWith("phantom: x"));
    }
}
