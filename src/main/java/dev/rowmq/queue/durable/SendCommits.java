package dev.rowmq.queue.durable;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.queue.catalog.QueueProperties;
import dev.rowmq.queue.commit.GroupCommit;
import dev.rowmq.queue.commit.PartitionedCommit;
import dev.rowmq.queue.commit.PartitionedCommit.Outcome;
import dev.rowmq.store.MessageRow;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.SendOutcome;
import dev.rowmq.store.database.Partitions;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * The group commits of sends. Sends to FIFO queues have their own, as they may wait for a group that a team's
 * transaction has locked.
 */
final class SendCommits implements AutoCloseable {

    private static final long GROUP_WAIT_NANOS = 2_000_000_000;
    private static final long FIRST_PAUSE_NANOS = 1_000_000;
    private static final long MAX_PAUSE_NANOS = 50_000_000;

    private final Partitions partitions;
    private final MessageStore store;
    private final PartitionedCommit<List<MessageRow>, List<SendOutcome>> commits;
    private final PartitionedCommit<List<MessageRow>, List<SendOutcome>> groupCommits;

    SendCommits(Partitions partitions, MessageStore store, QueueProperties properties) {
        this.partitions = partitions;
        this.store = store;
        this.commits = commits("send", properties);
        this.groupCommits = commits("send-fifo", properties);
    }

    private PartitionedCommit<List<MessageRow>, List<SendOutcome>> commits(String name, QueueProperties properties) {
        return new PartitionedCommit<>(
                name,
                partitions,
                GroupCommit.Limits.of(properties, 1000),
                SendCommits::weight,
                GroupCommit.joined(store::send));
    }

    /** Sends to FIFO queues may wait for a group that a team's transaction has locked. The others must not. */
    private PartitionedCommit<List<MessageRow>, List<SendOutcome>> commits(List<MessageRow> rows) {
        return rows.stream().anyMatch(row -> row.group().isPresent()) ? groupCommits : commits;
    }

    /** A message counts as one, a large message as one for each 16 kB: a full group has about 16 MB. */
    private static int weight(List<MessageRow> rows) {
        long bytes = 0;
        for (MessageRow row : rows) {
            bytes += row.body().bytes().length;
            for (String value : row.metadata().values()) {
                bytes += value.length();
            }
        }
        return (int) Math.max(rows.size(), bytes >> 14);
    }

    List<SendOutcome> submit(int partition, List<MessageRow> rows) {
        return waitForGroups(partition, rows, commits(rows).submit(partition, rows));
    }

    /** Sends the messages again whose groups other transactions have locked, for up to two seconds. */
    private List<SendOutcome> waitForGroups(int partition, List<MessageRow> rows, List<SendOutcome> first) {
        if (first.stream().noneMatch(SendOutcome.GroupBusy.class::isInstance)) {
            return first;
        }
        List<SendOutcome> outcomes = new ArrayList<>(first);
        long deadline = System.nanoTime() + GROUP_WAIT_NANOS;
        long pause = FIRST_PAUSE_NANOS;
        while (System.nanoTime() < deadline) {
            List<Integer> busy = IntStream.range(0, rows.size())
                    .filter(i -> outcomes.get(i) instanceof SendOutcome.GroupBusy)
                    .boxed()
                    .toList();
            if (busy.isEmpty()) {
                break;
            }
            LockSupport.parkNanos(pause);
            pause = Math.min(2 * pause, MAX_PAUSE_NANOS);
            try {
                List<SendOutcome> again = groupCommits.submit(partition, busy.stream().map(rows::get).toList());
                IntStream.range(0, busy.size()).forEach(i -> outcomes.set(busy.get(i), again.get(i)));
            } catch (QueueException refusal) {
                // the other rows of the request have their outcomes
                busy.forEach(i -> outcomes.set(i, new SendOutcome.Unknown(refusal)));
            }
        }
        return outcomes;
    }

    /** As {@link #submit}, in several partitions side by side. */
    Map<Integer, Outcome<List<SendOutcome>>> submitAll(Map<Integer, List<MessageRow>> requests) {
        List<MessageRow> all = requests.values().stream().flatMap(List::stream).toList();
        Map<Integer, Outcome<List<SendOutcome>>> outcomes = new TreeMap<>(commits(all).submitAll(requests));
        outcomes.replaceAll((partition, outcome) -> outcome instanceof Outcome.Answered<List<SendOutcome>> answered
                ? new Outcome.Answered<>(waitForGroups(partition, requests.get(partition), answered.answer()))
                : outcome);
        return outcomes;
    }

    @Override
    public void close() {
        commits.close();
        groupCommits.close();
    }
}
