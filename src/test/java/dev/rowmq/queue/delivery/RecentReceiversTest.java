package dev.rowmq.queue.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.delivery.RecentReceivers.RecentReceiver;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;

class RecentReceiversTest {

    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");

    private static Instant after(int minutes) {
        return BEGIN.plus(Duration.ofMinutes(minutes));
    }

    @Test
    void receives_of_the_present_and_the_last_period_count() {
        RecentReceivers.Counts counts = new RecentReceivers.Counts(BEGIN);
        for (int minute : List.of(0, 4, 5)) {
            ask(counts, minute);
        }
        assertThat(counts.read("key", after(5))).isEqualTo(expected(BEGIN, after(5), 3));
        ask(counts, 6);
        assertThat(counts.read("key", after(9))).as("the period before still counts")
                .isEqualTo(expected(BEGIN, after(6), 4));
        assertThat(counts.read("key", after(11))).as("only the last period").isEqualTo(expected(after(5), after(6), 1));
        ask(counts, 60);
        assertThat(counts.read("key", after(60))).as("after a long pause").isEqualTo(expected(after(60), after(60), 1));
    }

    private static void ask(RecentReceivers.Counts counts, int minute) {
        counts.asked(after(minute));
        counts.got(after(minute), 10);
    }

    private static RecentReceiver expected(Instant since, Instant last, int receives) {
        return new RecentReceiver(java.util.Optional.of("key"), since, last, receives, 10L * receives);
    }
}
