package dev.rowmq.store.upkeep;

import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.store.BulkStore;
import dev.rowmq.store.ScanStep;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.sql.CounterDeltas;
import dev.rowmq.store.sql.QueueCounters;

import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Removes messages in sets, a short transaction for each. */
@Component
public class MessageRemover {

    private final JdbcTemplate jdbc;
    private final Transactions transactions;
    private final BulkStore bulk;
    private final QueueCounters counters;

    MessageRemover(JdbcTemplate jdbc, Transactions transactions, BulkStore bulk, QueueCounters counters) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.bulk = bulk;
        this.counters = counters;
    }

    /** The last position drawn so far: a purge takes no message behind it. */
    public long lastPosition() {
        return SqlErrorTranslator.translating(
                () -> jdbc.queryForObject("select nextval('message_position')", Long.class));
    }

    /**
     * Removes one set of the messages that stand at or before the position, in whatever state. Returns how many; 0 =
     * none are left.
     */
    public int purge(int queueId, long upTo) {
        for (BulkStore.Step step = purgeSet(queueId, upTo); step.more(); step = purgeSet(queueId, upTo)) {
            if (step.messages() > 0) {
                return step.messages();
            }
            // all that was found was being changed by others at that moment
        }
        for (BulkStore.Step step = purgeDelayed(queueId, upTo); step.more(); step = purgeDelayed(queueId, upTo)) {
            if (step.messages() > 0) {
                return step.messages();
            }
        }
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

    /** Removes one set of expired messages among those whose positions lie in the range. */
    public ScanStep expire(int queueId, int priority, long behind, long upTo) {
        return transactions.bulk(
                () -> expired(queueId, bulk.expire(new BulkStore.Range(queueId, priority, behind, upTo))));
    }

    /** Removes those of these messages of a queue that have expired. Returns how many. */
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
     * Removes the rows of queues that were deleted over a minute ago, when no other instance works with old settings
     * any more, and at last the queues. Returns how many rows went.
     */
    public int sweepDeleted() {
        List<Integer> deleted = SqlErrorTranslator.translating(() -> jdbc.queryForList(
                "select id from queue where deleted_at < clock_timestamp() - interval '1' minute", Integer.class));
        int removed = 0;
        for (int queueId : deleted) {
            for (String table : List.of("message", "delayed_message", "message_expiry", "dead_letter", "processed_id",
                    "queue_counter")) {
                removed += sweep(table, queueId);
            }
            transactions.write(() -> jdbc.update("delete from queue where id = ?", queueId));
        }
        return removed;
    }

    /** In sets, a transaction for each. */
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
