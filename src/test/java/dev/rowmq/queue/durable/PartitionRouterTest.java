package dev.rowmq.queue.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.Body;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.queue.catalog.QueueProperties;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.cluster.QueueReplicator;
import dev.rowmq.store.database.Partitions;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.ObjectProvider;

/** Which partition gets which message, with three partitions whose store is a list. */
class PartitionRouterTest {

    private static final int COUNT = 3;

    private final ThreadLocal<Integer> current = new ThreadLocal<>();
    private final Map<Integer, List<MessageRow>> stored = new ConcurrentHashMap<>();
    private final Set<Integer> full = ConcurrentHashMap.newKeySet();
    private final Partitions partitions = mock(Partitions.class);
    private final MessageStore store = mock(MessageStore.class);
    private final PartitionRouter router = router();

    @SuppressWarnings("unchecked")
    private PartitionRouter router() {
        when(partitions.count()).thenReturn(COUNT);
        when(partitions.canDegrade()).thenReturn(true);
        when(partitions.up()).thenReturn(List.of(0, 1, 2));
        when(partitions.formerCounts()).thenReturn(List.of());
        when(partitions.in(anyInt(), any(Supplier.class))).thenAnswer(call -> {
            current.set(call.getArgument(0));
            return call.getArgument(1, Supplier.class).get();
        });
        when(store.send(any())).thenAnswer(call -> send(call.getArgument(0)));
        when(store.find(any())).thenAnswer(call -> find(call.getArgument(0)));
        ObjectProvider<Partitioner> partitioner = mock(ObjectProvider.class);
        // the first character of an id is a number, and its remainder is the partition
        Partitioner byNumber = (id, count) -> (id.charAt(0) - '0') % count;
        when(partitioner.getIfAvailable(any())).thenReturn(byNumber);
        return new PartitionRouter(
                partitions,
                partitioner,
                store,
                mock(QueueReplicator.class),
                mock(BufferedCounters.class),
                new QueueProperties(false, 100, Duration.ofSeconds(1), Duration.ofSeconds(1)));
    }

    private List<SendOutcome> send(List<MessageRow> rows) {
        int partition = current.get();
        return rows.stream()
                .map(row -> {
                    if (full.contains(partition)) {
                        return new SendOutcome.QueueFull(7);
                    }
                    stored.computeIfAbsent(partition, any -> new CopyOnWriteArrayList<>())
                            .add(row);
                    return (SendOutcome) new SendOutcome.Accepted(
                            new MessageKey(1, 0, partition), Instant.EPOCH, Instant.EPOCH, false);
                })
                .toList();
    }

    private Optional<SendOutcome> find(MessageRow row) {
        return stored.getOrDefault(current.get(), List.of()).stream()
                .filter(sent -> sent.id().equals(row.id()))
                .findFirst()
                .map(sent -> new SendOutcome.Duplicate(
                        new MessageKey(1, 0, 0), sent.bodyHash(), Instant.EPOCH, Instant.EPOCH, Optional.empty()));
    }

    @AfterEach
    void close() {
        router.close();
    }

    private static MessageRow row(String id, long capacity) {
        return new MessageRow(
                1,
                0,
                Optional.ofNullable(id),
                new byte[] {1},
                new Body(Body.Kind.TEXT, new byte[] {1}),
                Map.of(),
                Duration.ZERO,
                Optional.empty(),
                Duration.ofDays(1),
                false,
                capacity,
                Optional.empty(),
                Optional.empty());
    }

    private static List<MessageRow> rows(int number) {
        return IntStream.range(0, number).mapToObj(n -> row(null, 0)).toList();
    }

    private List<Integer> storedByPartition() {
        return IntStream.range(0, COUNT).mapToObj(n -> stored.getOrDefault(n, List.of()).size()).toList();
    }

    @Test
    void messages_without_an_id_go_to_the_partitions_in_turn() {
        router.send(rows(6), false);
        assertThat(storedByPartition()).containsExactly(2, 2, 2);
        IntStream.range(0, 3).forEach(n -> router.send(rows(1), false));
        assertThat(storedByPartition()).as("alone, too").containsExactly(3, 3, 3);
    }

    @Test
    void copies_of_one_message_go_to_one_partition() {
        router.send(rows(5), true);
        assertThat(storedByPartition()).containsExactlyInAnyOrder(5, 0, 0);
    }

    @Test
    void an_id_decides_the_partition() {
        router.send(List.of(row("1a", 0), row("4b", 0), row("2c", 0)), false);
        assertThat(storedByPartition()).containsExactly(0, 2, 1);
    }

    @Test
    void an_id_that_was_sent_when_there_were_fewer_partitions_is_found_where_it_was() {
        when(partitions.formerCounts()).thenReturn(List.of(1));
        stored.put(0, new ArrayList<>(List.of(row("1a", 0))));
        List<SendOutcome> outcomes = router.send(List.of(row("1a", 0), row("1b", 0)), false);
        assertThat(outcomes.get(0)).isInstanceOf(SendOutcome.Duplicate.class);
        assertThat(outcomes.get(1)).isInstanceOf(SendOutcome.Accepted.class);
        assertThat(storedByPartition()).containsExactly(1, 1, 0);
    }

    @Test
    void a_message_without_an_id_goes_to_a_partition_that_is_not_full() {
        full.addAll(List.of(0, 1));
        List<SendOutcome> outcomes = router.send(rows(6), false);
        assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome).isInstanceOf(SendOutcome.Accepted.class));
        assertThat(storedByPartition()).containsExactly(0, 0, 6);
    }

    @Test
    void a_message_with_an_id_is_refused_when_its_partition_is_full() {
        full.add(1);
        List<SendOutcome> outcomes = router.send(List.of(row("1a", 0), row("2a", 0)), false);
        assertThat(outcomes.get(0)).isEqualTo(new SendOutcome.QueueFull(7));
        assertThat(outcomes.get(1)).isInstanceOf(SendOutcome.Accepted.class);
    }

    @Test
    void each_partition_gets_its_share_of_the_capacity() {
        router.send(List.of(row("0a", 5), row("1a", 5), row("2a", 5)), false);
        assertThat(IntStream.range(0, COUNT).mapToObj(n -> stored.get(n).getFirst().capacity()))
                .containsExactly(2L, 2L, 1L);
        router.send(List.of(row("2b", 2)), false);
        assertThat(stored.get(2).getLast().capacity()).isEqualTo(MessageRow.FULL);
    }

    @Test
    void a_partition_that_is_down_refuses_only_its_messages() {
        QueueException down = new QueueException(ErrorCode.STORE_UNAVAILABLE, "partition 1 is down");
        doThrow(down).when(partitions).refuseIfDown(1);
        List<SendOutcome> outcomes = router.send(List.of(row("0a", 0), row("1a", 0), row("2a", 0)), false);
        assertThat(outcomes.get(0)).isInstanceOf(SendOutcome.Accepted.class);
        assertThat(outcomes.get(1)).isEqualTo(new SendOutcome.Unknown(down));
        assertThat(outcomes.get(2)).isInstanceOf(SendOutcome.Accepted.class);
    }
}
