package dev.rowmq.queue;

import dev.rowmq.message.Partitioner;
import dev.rowmq.message.Refusal;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.MessageStore.NewRow;
import dev.rowmq.store.MessageStore.Sent;
import dev.rowmq.store.Partitions;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

import org.springframework.stereotype.Component;

/**
 * Which message goes to which partition: one with an id to the id's, any other to the next in turn that answers. An id that
 * may have been sent when there were fewer partitions is looked up where it belonged then.
 */
@Component
class Spread implements AutoCloseable {

    private final Partitions partitions;
    private final Partitioner partitioner;
    private final MessageStore store;
    private final Lanes<List<NewRow>, List<Sent>> lanes;
    private final AtomicInteger turn = new AtomicInteger();

    Spread(Partitions partitions, Partitioner partitioner, MessageStore store, QueueProperties properties) {
        this.partitions = partitions;
        this.partitioner = partitioner;
        this.store = store;
        this.lanes = new Lanes<>(
                "send", partitions, properties.limits(1000), Spread::weight, GroupCommit.joined(store::send));
    }

    /** A message counts as one, and a large one as one for each 16 kB: a full group is 16 MB or so. */
    private static int weight(List<NewRow> rows) {
        long bytes = 0;
        for (NewRow row : rows) {
            bytes += row.body().bytes().length;
            for (String value : row.metadata().values()) {
                bytes += value.length();
            }
        }
        return (int) Math.max(rows.size(), bytes >> 14);
    }

    /** The partition's part of what all of them may hold together; 0 = no limit. */
    long share(long most) {
        return most == 0 ? 0 : Math.max(1, most / partitions.count());
    }

    /** Where a message with this id is, if it was sent with it: the present home first, then former ones. */
    Set<Integer> homes(String id) {
        Set<Integer> homes = new LinkedHashSet<>();
        homes.add(partitioner.partition(id, partitions.count()));
        partitions.formerCounts().reversed().forEach(count -> homes.add(partitioner.partition(id, count)));
        return homes;
    }

    /**
     * Stores the rows, each partition's part by one transaction. One result per row, in order.
     *
     * @param together rows without an id go to the same partition, as they are copies of one message
     * @throws Refusal when all belong to one partition, and it refuses them
     */
    List<Sent> send(List<NewRow> rows, boolean together) {
        if (partitions.count() == 1) {
            return lanes.submit(0, rows);
        }
        Sent[] results = new Sent[rows.size()];
        Map<Integer, List<Integer>> byPartition = byPartition(rows, together, results);
        Map<Integer, List<NewRow>> requests = new TreeMap<>();
        byPartition.forEach((partition, indexes) ->
                requests.put(partition, indexes.stream().map(rows::get).toList()));
        if (requests.size() == 1 && byPartition.values().iterator().next().size() == rows.size()) {
            Map.Entry<Integer, List<NewRow>> only = requests.entrySet().iterator().next();
            return lanes.submit(only.getKey(), only.getValue());
        }
        lanes.submitAll(requests).forEach((partition, outcome) -> {
            List<Integer> indexes = byPartition.get(partition);
            for (int i = 0; i < indexes.size(); i++) {
                results[indexes.get(i)] = switch (outcome) {
                    case Lanes.Outcome.Answered<List<Sent>> answered -> answered.answer().get(i);
                    case Lanes.Outcome.Refused<List<Sent>> refused -> new Sent.Unknown(refused.why());
                };
            }
        });
        return List.of(results);
    }

    /** The indexes of the rows that are to be stored in each partition; the others have a result. */
    private Map<Integer, List<Integer>> byPartition(List<NewRow> rows, boolean together, Sent[] results) {
        Map<Integer, List<Integer>> byPartition = new TreeMap<>();
        int shared = next();
        for (int i = 0; i < results.length; i++) {
            Optional<String> id = rows.get(i).id();
            if (id.isPresent()) {
                results[i] = sentBefore(rows.get(i));
            }
            if (results[i] == null) {
                int partition = id.map(given -> partitioner.partition(given, partitions.count()))
                        .orElseGet(() -> together ? shared : next());
                byPartition.computeIfAbsent(partition, any -> new ArrayList<>()).add(i);
            }
        }
        return byPartition;
    }

    private int next() {
        List<Integer> up = partitions.up();
        int next = Math.floorMod(turn.getAndIncrement(), Math.max(1, up.size()));
        return up.isEmpty() ? 0 : up.get(next);
    }

    /** What became of the id when it was sent before some partitions were added; null when it was not. */
    private Sent sentBefore(NewRow row) {
        Set<Integer> former = homes(row.id().orElseThrow());
        former.remove(partitioner.partition(row.id().orElseThrow(), partitions.count()));
        for (int partition : former) {
            try {
                Optional<Sent> known = partitions.in(partition, () -> store.find(row));
                if (known.isPresent()) {
                    return known.get();
                }
            } catch (Refusal unreachable) {
                return new Sent.Unknown(unreachable);
            }
        }
        return null;
    }

    @Override
    public void close() {
        lanes.close();
    }
}
