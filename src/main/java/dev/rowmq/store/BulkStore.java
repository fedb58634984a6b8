package dev.rowmq.store;

import dev.rowmq.model.message.key.GeneratedId;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.EndReason;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Bulk work on sets of messages, off the hot path: time-driven changes and requests of operators. Each method processes
 * one set within the caller's transaction, of at most {@value #ROWS} rows and about {@value #BYTES} bytes of bodies,
 * and costs a constant amount for each row it changes. Bodies stay in the database.
 */
public abstract class BulkStore {

    public static final int ROWS = 1000;
    public static final long BYTES = 16L * 1024 * 1024;

    /** Values of {@code processed_id.ended}. */
    public static final int PURGED = EndReason.PURGED.number();

    public static final int EXPIRED = EndReason.EXPIRED.number();
    public static final int DELETED = EndReason.DELETED.number();

    /**
     * The result of one set.
     *
     * @param leased messages that were counted as in flight
     * @param others messages that were counted as ready, delayed or dead
     * @param last   the greatest position read; a scan in the order of positions continues after it
     * @param more   whether any row was found; false = the work is done
     */
    public record Step(int leased, int others, long last, boolean more) {

        public static final Step NOTHING = new Step(0, 0, 0, false);

        public int messages() {
            return leased + others;
        }
    }

    /** A part of one priority of a queue: positions after {@code after} through {@code through}. */
    public record Range(int queueId, int priority, long after, long through) {}

    /**
     * Makes messages ready whose lease has ended.
     *
     * @param maxDeliveries 1 or more
     */
    public abstract Step endLeases(Range range, int maxDeliveries);

    /**
     * Moves messages whose last allowed delivery has ended into the queue's own list of dead letters.
     *
     * @param maxDeliveries 1 or more
     */
    public abstract Step deadLetterUsedUp(Range range, int maxDeliveries);

    /** Moves expired messages into the queue's own list of dead letters. */
    public abstract Step deadLetterExpiredMessages(Range range);

    /** Removes expired messages. */
    public abstract Step expire(Range range);

    /**
     * Removes the expired ones of these messages.
     *
     * @param keys of one queue
     */
    public abstract Step expire(int queueId, List<MessageKey> keys);

    /** Removes messages with positions through {@code through}, both ready and in flight. */
    public abstract Step purge(int queueId, long through);

    /** As {@link #purge}, for delayed messages. */
    public abstract Step purgeDelayed(int queueId, long through);

    /** Makes delayed messages ready that are due within {@code early} from now. They stay hidden until they are due. */
    public abstract Step moveDue(int queueId, Duration early);

    /** Removes producers' ids whose retention is over. */
    public abstract Step forgetIds();

    /**
     * Returns the positions of the dead letters with these ids, keyed by id. Ids without a dead letter are left out. Of
     * several dead letters with one id the newest counts.
     */
    public abstract Map<String, Long> deadLetterPositions(int queueId, List<String> ids);

    /**
     * Puts the first dead letters back into the queue, in the order of positions.
     *
     * @param most 1 or more; a set has at most {@value #ROWS}
     */
    public abstract Step redriveFirst(int queueId, int most, Duration retention);

    /** Puts these dead letters back into the queue. */
    public abstract Step redrive(int queueId, List<Long> positions, Duration retention);

    /**
     * Removes the first dead letters, in the order of positions.
     *
     * @param most 1 or more; a set has at most {@value #ROWS}
     */
    public abstract Step deleteFirst(int queueId, int most);

    /** Removes these dead letters. */
    public abstract Step delete(int queueId, List<Long> positions);

    /** Removes dead letters that are older than {@code age}. */
    public abstract Step deleteOld(int queueId, Duration age);

    /**
     * Removes rows of a deleted queue from one table.
     *
     * @return the number of rows removed; 0 = none are left
     */
    public abstract int sweep(String table, int queueId);

    /**
     * Records a dead letter's position by its id. A generated id belongs to one position only, but a producer may have
     * given the same text to another message before. Such a producer's id does not replace a recorded position.
     *
     * @param row id, whether a producer gave it, position
     */
    public static void note(Map<String, Long> positions, int queueId, ResultSet row) throws SQLException {
        String id = row.getString(1);
        long position = row.getLong(3);
        boolean generated = GeneratedId.key(id).filter(key -> key.queueId() == queueId).isPresent();
        if (!generated || !row.getBoolean(2)) {
            positions.merge(id, position, Math::max);
        } else {
            positions.putIfAbsent(id, position);
        }
    }
}
