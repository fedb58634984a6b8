package dev.rowmq.store;

import dev.rowmq.message.Refusal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Every partition has a copy of the first one's queues, as its statements ask whether a queue is there and how it is set. */
@Component
public class QueueCopies {

    private static final Logger log = LoggerFactory.getLogger(QueueCopies.class);

    private final Partitions partitions;
    private final JdbcTemplate jdbc;
    private final Transactions transactions;

    QueueCopies(Partitions partitions, JdbcTemplate jdbc, Transactions transactions) {
        this.partitions = partitions;
        this.jdbc = jdbc;
        this.transactions = transactions;
    }

    /** Brings all partitions that answer up to date; others follow when they do. Never fails. */
    public void bringUpToDate() {
        if (partitions.count() == 1) {
            return;
        }
        try {
            List<Map<String, Object>> wanted = partitions.in(0, this::rows);
            partitions.up().stream().filter(n -> n > 0).forEach(n -> bringUpToDate(n, wanted));
        } catch (Refusal notNow) {
            log.debug("the queues are not copied now", notNow);
        }
    }

    private void bringUpToDate(int partition, List<Map<String, Object>> wanted) {
        try {
            partitions.in(partition, () -> {
                Map<Object, Map<String, Object>> there = new HashMap<>();
                rows().forEach(row -> there.put(row.get("id"), row));
                List<Map<String, Object>> changed =
                        wanted.stream().filter(row -> !row.equals(there.remove(row.get("id")))).toList();
                // deleted there, and swept before this partition heard of it
                there.values().removeIf(row -> row.get("name") == null);
                if (!changed.isEmpty() || !there.isEmpty()) {
                    transactions.write(() -> write(changed, there.keySet()));
                }
                return changed;
            });
        } catch (Refusal notNow) {
            log.debug("the queues are not copied to partition {} now", partition, notNow);
        }
    }

    private List<Map<String, Object>> rows() {
        // those without a name first: they give it to others
        return FailureTranslation.translating(
                () -> jdbc.queryForList("select * from queue order by case when name is null then 0 else 1 end, id"));
    }

    private Void write(List<Map<String, Object>> changed, Iterable<Object> gone) {
        gone.forEach(id -> jdbc.update("update queue set name = null, deleted_at = clock_timestamp() where id = ?", id));
        for (Map<String, Object> row : changed) {
            List<String> columns = new ArrayList<>(row.keySet());
            List<Object> values = new ArrayList<>(row.values());
            values.add(row.get("id"));
            String set = String.join(" = ?, ", columns) + " = ?";
            if (jdbc.update("update queue set " + set + " where id = ?", values.toArray()) == 0) {
                values.removeLast();
                jdbc.update(
                        "insert into queue (%s) values (%s)"
                                .formatted(
                                        String.join(", ", columns),
                                        String.join(", ", Collections.nCopies(columns.size(), "?"))),
                        values.toArray());
            }
        }
        return null;
    }
}
