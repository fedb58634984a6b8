package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.crash.History.Acked;
import dev.rowmq.crash.History.Delivered;
import dev.rowmq.crash.History.Event;
import dev.rowmq.crash.History.Nacked;
import dev.rowmq.crash.History.Outcome;
import dev.rowmq.crash.History.Sent;

import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;

class HistoryCheckerTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static Delivered delivery(int number, int from, int until) {
        return new Delivered(
                "m",
                "r" + number,
                number,
                number * 10L,
                START.plusSeconds(from),
                START.plusSeconds(until),
                from,
                from + 1);
    }

    private static Acked ack(int delivery, Outcome outcome, int asked) {
        return new Acked("m", "r" + delivery, outcome, asked, asked + 1);
    }

    private static final Sent SENT = new Sent("m", Outcome.OK);

    private static void bad(String kind, Event... events) {
        assertThat(HistoryChecker.violations(List.of(events))).isNotEmpty().allMatch(text -> text.startsWith(kind));
    }

    private static void good(Event... events) {
        assertThat(HistoryChecker.violations(List.of(events))).isEmpty();
    }

    @Test
    void a_plain_life_is_good() {
        good(SENT, delivery(1, 0, 30), ack(1, Outcome.OK, 5));
    }

    @Test
    void a_redelivery_after_the_lease_is_good() {
        good(SENT, delivery(1, 0, 30), delivery(2, 30, 60), ack(2, Outcome.OK, 40));
    }

    @Test
    void a_redelivery_after_a_nack_is_good_also_when_its_answer_was_cut() {
        good(SENT, delivery(1, 0, 30), new Nacked("m", "r1", Outcome.INFO), delivery(2, 3, 33), ack(2, Outcome.OK, 5));
    }

    @Test
    void a_send_without_an_answer_may_have_happened_or_not() {
        good(new Sent("m", Outcome.INFO));
        good(new Sent("m", Outcome.INFO), delivery(1, 0, 30), ack(1, Outcome.OK, 5));
    }

    @Test
    void an_ack_without_an_answer_may_be_followed_by_a_delivery() {
        good(SENT, delivery(1, 0, 30), ack(1, Outcome.INFO, 5), delivery(2, 31, 60));
    }

    @Test
    void an_accepted_message_that_never_comes_is_lost() {
        bad("lost", SENT);
    }

    @Test
    void a_message_that_was_refused_and_comes_is_a_phantom() {
        bad("phantom", new Sent("m", Outcome.FAIL), delivery(1, 0, 30));
        bad("phantom", delivery(1, 0, 30));
    }

    @Test
    void a_message_that_comes_after_its_ack_is_a_zombie() {
        bad("zombie", SENT, delivery(1, 0, 30), ack(1, Outcome.OK, 5), delivery(2, 31, 60));
    }

    @Test
    void two_leases_at_once_are_a_double_lease() {
        bad("double lease", SENT, delivery(1, 0, 30), delivery(2, 29, 60));
        bad("double lease", SENT, delivery(1, 0, 30), new Nacked("m", "r1", Outcome.FAIL), delivery(2, 29, 60));
    }

    @Test
    void the_same_delivery_twice_is_a_double_lease() {
        Delivered again = new Delivered("m", "other", 1, 11, START.plusSeconds(40), START.plusSeconds(50), 40, 41);
        bad("double lease", SENT, delivery(1, 0, 30), again);
    }

    @Test
    void an_ack_with_an_old_receipt_breaks_fencing() {
        bad("fencing", SENT, delivery(1, 0, 30), delivery(2, 30, 60), ack(1, Outcome.OK, 40));
    }

    @Test
    void a_token_that_does_not_grow_breaks_fencing() {
        Delivered second = new Delivered("m", "r2", 2, 10, START.plusSeconds(30), START.plusSeconds(60), 30, 31);
        bad("fencing", SENT, delivery(1, 0, 30), second);
    }
}
