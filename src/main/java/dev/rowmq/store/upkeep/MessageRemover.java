package dev.rowmq.store.upkeep;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.store.BulkStore;
import dev.rowmq.store.ScanStep;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.GroupRows;
import dev.rowmq.store.sql.QueueCounters;

import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Removes messages in sets, each in a short transaction. */
@Component
public class MessageRemover {

    private final JdbcTemplate jdbc;
    private final Transactions transactions;
    private final BulkStore bulk;
    private final QueueCounters counters;
    private final GroupRows groups;

    MessageRemover(
            JdbcTemplate jdbc, Transactions transactions, BulkStore bulk, QueueCounters counters, GroupRows groups) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.bulk = bulk;
        this.counters = counters;
        this.groups = groups;
    }

    /**
     * Draws a position, which is greater than those of all messages sent so far. A purge removes no message after it.
     */
    public long lastPosition() {
        return SqlErrorTranslator.translating(
                () -> jdbc.queryForObject("select nextval('message_position')", Long.class));
    }

    /**
     * Removes one set of the messages with positions through {@code upTo}, in every state.
     *
     * @return the number removed; 0 = none are left
     */
    public int purge(int queueId, long upTo) {
        for (BulkStore.Step step = purgeSet(queueId, upTo); step.more(); step = purgeSet(queueId, upTo)) {
            if (step.messages() > 0) {
                return step.messages();
            }
            // all rows found were being changed by other transactions at that moment
        }
        for (BulkStore.Step step = purgeDelayed(queueId, upTo); step.more(); step = purgeDelayed(queueId, upTo)) {
            if (step.messages() > 0) {
                return step.messages();
            }
        }
        transactions.inTransaction(() -> {
            groups.releaseAll(queueId);
            return 0;
        });
        return 0;
    }

    private BulkStore.Step purgeSet(int queueId, long upTo) {
        return transactions.bulk(() -> {
            BulkStore.Step step = bulk.purge(queueId, upTo);
            counters.add(new CounterDeltas()
                    .add(queueId, QueueCounter.IN_FLIGHT, -step.leased())
                    .add(queueId, QueueCounter.READY, -step.others())
                    .add(queueId, QueueCounter.PURGED, step.messages()));
            return step;
        });
    }

    private BulkStore.Step purgeDelayed(int queueId, long upTo) {
        return transactions.bulk(() -> {
            BulkStore.Step step = bulk.purgeDelayed(queueId, upTo);
            counters.add(new CounterDeltas()
                    .add(queueId, QueueCounter.DELAYED, -step.messages())
                    .add(queueId, QueueCounter.PURGED, step.messages()));
            return step;
        });
    }

    /** Removes one set of expired messages with positions after {@code after} through {@code upTo}. */
    public ScanStep expire(int queueId, int priority, long after, long upTo) {
        return transactions.bulk(
                () -> expired(queueId, bulk.expire(new BulkStore.Range(queueId, priority, after, upTo))));
    }

    /** Removes the expired ones of these messages of a queue. Returns the number removed. */
    public int expire(int queueId, List<MessageKey> keys) {
        return keys.isEmpty() ? 0 : transactions.bulk(() -> expired(queueId, bulk.expire(queueId, keys))).messages();
    }

    private ScanStep expired(int queueId, BulkStore.Step step) {
        counters.add(new CounterDeltas()
                .add(queueId, QueueCounter.IN_FLIGHT, -step.leased())
                .add(queueId, QueueCounter.READY, -step.others())
                .add(queueId, QueueCounter.EXPIRED, step.messages()));
        return ScanStep.of(step);
    }

    /**
     * Removes the rows of queues that were deleted over a minute ago, and then the queues. After a minute no other
     * instance works with old settings any more. A transaction of a team may have sent to such a queue and commit
     * afterwards: its counters lead to the rows. Returns the number of rows removed, without the queues.
     */
    public int sweepDeleted() {
        List<Integer> deleted = SqlErrorTranslator.translating(() -> jdbc.queryForList(
                """
                select id
                from queue
                where deleted_at < clock_timestamp() - interval '1' minute
                union
                select queue_id
                from queue_counter c
                where not exists (select 1 from queue where id = c.queue_id)
                """, Integer.class));
        int removed = 0;
        for (int queueId : deleted) {
            for (String table : List.of("message", "delayed_message", "message_expiry", "message_group",
                    "group_member", "dead_letter", "processed_id", "queue_counter")) {
                removed += sweep(table, queueId);
            }
            transactions.inTransaction(() -> jdbc.update(
                            "delete from message_task where source_id = ? and active_source is null", queueId)
                    + jdbc.update("delete from queue where id = ?", queueId));
        }
        return removed;
    }

    /** Works in sets, with a transaction for each. */
    private int sweep(String table, int queueId) {
        int removed = 0;
        int set;
        do {
            set = transactions.bulk(() -> bulk.sweep(table, queueId));
            removed += set;
        } while (set > 0);
        return removed;
    }
}
