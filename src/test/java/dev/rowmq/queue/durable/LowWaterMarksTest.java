package dev.rowmq.queue.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.Lease;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.upkeep.Upkeep;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.junit.jupiter.api.Test;

/** Where claims begin, given the positions that the store reports. */
class LowWaterMarksTest {

    private static final long LONG_SCAN = 50_000_000;

    private final Upkeep upkeep = mock(Upkeep.class);
    private final Partitions partitions = mock(Partitions.class);
    private final LowWaterMarks marks = new LowWaterMarks(upkeep, partitions);
    private final Queue queue = new Queue(1, "q", QueueSettings.DEFAULT, 1, false, Instant.EPOCH);

    private static Lease lease(long position) {
        return new Lease(
                new MessageKey(1, 0, position), 1, 1, Optional.empty(), null, Map.of(), null, null, null);
    }

    @Test
    void the_first_claim_begins_at_the_head_and_the_next_after_the_last_lease() {
        LowWaterMarks.Start first = marks.begin(queue, LowWaterMarks.HeadStart.WHEN_DUE);
        assertThat(first.head()).isTrue();
        assertThat(first.after()).containsEntry(0, 0L);
        marks.leased(1, List.of(lease(7), lease(9)), true);
        LowWaterMarks.Start second = marks.begin(queue, LowWaterMarks.HeadStart.WHEN_DUE);
        assertThat(second.head()).isFalse();
        assertThat(second.after()).containsEntry(0, 9L);
    }

    @Test
    void a_message_that_came_back_sends_the_next_claim_to_the_head() {
        when(partitions.count()).thenReturn(1);
        marks.begin(queue, LowWaterMarks.HeadStart.WHEN_DUE);
        marks.leased(1, List.of(lease(9)), true);
        marks.lookFromHead(1);
        assertThat(marks.begin(queue, LowWaterMarks.HeadStart.WHEN_DUE).head()).isTrue();
        assertThat(marks.begin(queue, LowWaterMarks.HeadStart.WHEN_DUE).head()).as("once").isFalse();
    }

    @Test
    void while_scans_from_the_head_take_long_a_claim_tells_when_the_next_one_begins_there() {
        when(partitions.count()).thenReturn(1);
        marks.claimedFromHead(queue, LONG_SCAN);
        marks.claimedFromHead(queue, LONG_SCAN);
        marks.leased(1, List.of(lease(9)), true);
        marks.lookFromHead(1);
        LowWaterMarks.Start start = marks.begin(queue, LowWaterMarks.HeadStart.WHEN_DUE);
        assertThat(start.head()).isFalse();
        assertThat(start.headDue()).isBetween(Duration.ofMillis(500), Duration.ofMillis(1001));
    }

    @Test
    void a_mark_never_goes_past_what_the_last_but_one_look_found() {
        when(upkeep.head(anyInt(), anyInt(), anyLong())).thenReturn(100L, 200L);
        assertThat(marks.head(1, 0)).as("short scans need no mark").isZero();
        marks.walked(1, 0, LONG_SCAN);
        marks.lookForHeads(queue);
        assertThat(marks.head(1, 0)).isLessThanOrEqualTo(100);
    }

    @Test
    void a_claim_that_found_less_than_it_wanted_does_not_move_the_mark_back() {
        marks.begin(queue, LowWaterMarks.HeadStart.WHEN_DUE);
        marks.leased(1, List.of(lease(9)), true);
        marks.leased(1, List.of(lease(4)), false);
        assertThat(marks.begin(queue, LowWaterMarks.HeadStart.WHEN_DUE).after()).containsEntry(0, 9L);
    }
}
