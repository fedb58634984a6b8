package dev.rowmq.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.rowmq.model.message.Body;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.ClaimRequest;
import dev.rowmq.store.ClaimResult;
import dev.rowmq.store.Lease;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.SettleOutcome;
import dev.rowmq.store.Settlement;
import dev.rowmq.store.memory.limit.MemoryProperties;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.util.unit.DataSize;

/** One queue in memory, with the time as an argument. */
class InMemoryQueueTest {

    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration LEASE = Duration.ofSeconds(30);

    private final InMemoryQueue queue = new InMemoryQueue(1, store());
    private final InMemoryContents.DeadLetterSink deadLetters =
            new InMemoryContents.DeadLetterSink(true, new ArrayList<>());

    private static InMemoryMessageStore store() {
        JdbcTemplate jdbc = mock(JdbcTemplate.class);
        when(jdbc.queryForObject(any(String.class), eq(Long.class))).thenReturn(1L);
        return new InMemoryMessageStore(new MemoryProperties(1000, DataSize.ofMegabytes(1)), jdbc);
    }

    private SendOutcome send(String text, Instant now, Duration delay, Duration life) {
        Body body = new Body(Body.Kind.TEXT, text.getBytes(StandardCharsets.UTF_8));
        MessageRow row = new MessageRow(
                1, 0, Optional.empty(), null, body, Map.of(), delay, Optional.empty(), life, false, 0,
                Optional.empty(), Optional.empty());
        return queue.send(row, now, 3);
    }

    private SendOutcome send(String text) {
        return send(text, T0, Duration.ZERO, Duration.ofDays(1));
    }

    private List<Lease> claim(Instant now, int max) {
        ClaimResult result = queue.claim(
                new ClaimRequest(1, QueueSettings.DEFAULT, 1, LEASE, max, Map.of()), now, deadLetters);
        return result.leases();
    }

    private static List<String> texts(List<Lease> leases) {
        return leases.stream()
                .map(lease -> new String(lease.body().bytes(), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void messages_come_in_the_order_of_sending_and_once_while_leased() {
        send("a");
        send("b");
        assertThat(texts(claim(T0, 10))).containsExactly("a", "b");
        assertThat(claim(T0.plusSeconds(29), 10)).isEmpty();
        assertThat(queue.contents().counts().get(QueueCounter.IN_FLIGHT)).isEqualTo(2);
    }

    @Test
    void an_ended_lease_comes_back_before_younger_messages() {
        send("a");
        assertThat(texts(claim(T0, 1))).containsExactly("a");
        send("b");
        queue.tick(T0.plusSeconds(31), deadLetters);
        List<Lease> again = claim(T0.plusSeconds(31), 2);
        assertThat(texts(again)).containsExactly("a", "b");
        assertThat(again.getFirst().deliveries()).isEqualTo(2);
    }

    @Test
    void a_delayed_message_waits_for_its_time() {
        send("later", T0, Duration.ofSeconds(5), Duration.ofDays(1));
        assertThat(claim(T0.plusSeconds(4), 1)).isEmpty();
        assertThat(queue.tick(T0.plusSeconds(5), deadLetters)).isEqualTo(1);
        assertThat(texts(claim(T0.plusSeconds(5), 1))).containsExactly("later");
    }

    @Test
    void an_expired_message_is_not_delivered() {
        send("short", T0, Duration.ZERO, Duration.ofSeconds(1));
        queue.expire(T0.plusSeconds(2), deadLetters);
        assertThat(claim(T0.plusSeconds(2), 1)).isEmpty();
        assertThat(queue.contents().messages).isEmpty();
        assertThat(queue.contents().counts().get(QueueCounter.EXPIRED)).isEqualTo(1);
    }

    @Test
    void only_the_newest_lease_can_ack() {
        send("a");
        Lease old = claim(T0, 1).getFirst();
        queue.tick(T0.plusSeconds(31), deadLetters);
        Lease present = claim(T0.plusSeconds(31), 1).getFirst();
        assertThat(present.token()).isGreaterThan(old.token());
        assertThat(settle(old)).isInstanceOf(SettleOutcome.Stale.class);
        assertThat(settle(present)).isInstanceOf(SettleOutcome.Done.class);
        assertThat(settle(present)).isInstanceOf(SettleOutcome.Gone.class);
    }

    private SettleOutcome settle(Lease lease) {
        Settlement ack = new Settlement.Ack(lease.key(), lease.token(), Duration.ofDays(1));
        return queue.settle(ack, T0.plusSeconds(32), deadLetters);
    }

    @Test
    void a_full_queue_refuses() {
        send("a");
        send("b");
        send("c");
        assertThat(send("d")).isInstanceOf(SendOutcome.NoRoom.class);
        assertThat(queue.contents().messages).hasSize(3);
    }
}
