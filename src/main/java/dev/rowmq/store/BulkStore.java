package dev.rowmq.store;

import dev.rowmq.model.message.GeneratedId;
import dev.rowmq.model.message.MessageKey;
import dev.rowmq.model.queue.EndReason;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Work on sets of messages, off the hot path: what time does to them, and what an operator asks for. Each method does
 * one set within the caller's transaction, of at most {@value #ROWS} rows and about {@value #BYTES} bytes of bodies,
 * and costs a constant amount for each row it changes. Bodies stay in the database.
 */
public abstract class BulkStore {

    public static final int ROWS = 1000;
    public static final long BYTES = 16L * 1024 * 1024;

    /** As {@code processed_id.ended} has them. */
    public static final int PURGED = EndReason.PURGED.number();

    public static final int EXPIRED = EndReason.EXPIRED.number();
    public static final int DELETED = EndReason.DELETED.number();

    /**
     * What a set did.
     *
     * @param leased messages that were counted as in flight
     * @param others messages that were counted as ready, delayed or dead
     * @param last   the greatest position that was looked at, for a walk in the order of positions: go on behind it
     * @param more   whether any row was found: when none was, the work is done
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
     * @param maxDeliveries above 0
     */
    public abstract Step endLeases(Range range, int maxDeliveries);

    /**
     * Moves messages whose last allowed delivery has ended into the queue's own list.
     *
     * @param maxDeliveries above 0
     */
    public abstract Step buryUsedUp(Range range, int maxDeliveries);

    /** Moves expired messages into the queue's own list. */
    public abstract Step buryExpired(Range range);

    /** Removes expired messages. */
    public abstract Step expire(Range range);

    /**
     * Removes those of these messages that have expired.
     *
     * @param keys of one queue
     */
    public abstract Step expire(int queueId, List<MessageKey> keys);

    /** Removes messages with positions through that one, in whatever state. */
    public abstract Step purge(int queueId, long through);

    /** As {@link #purge}, of those that are delayed. */
    public abstract Step purgeDelayed(int queueId, long through);

    /** Makes ready what is due that long from now, hidden until then. */
    public abstract Step moveDue(int queueId, Duration early);

    /** Removes producers' ids whose time is over. */
    public abstract Step forgetIds();

    /**
     * The positions of the dead letters with these ids, by id, of those that are found. Of several with one id the
     * newest.
     */
    public abstract Map<String, Long> deadLetterPositions(int queueId, List<String> ids);

    /**
     * Puts the first dead letters back.
     *
     * @param most 1 to {@value #ROWS}
     */
    public abstract Step redriveFirst(int queueId, int most, Duration retention);

    /** Puts these dead letters back. */
    public abstract Step redrive(int queueId, List<Long> positions, Duration retention);

    /**
     * Removes the first dead letters.
     *
     * @param most 1 to {@value #ROWS}
     */
    public abstract Step deleteFirst(int queueId, int most);

    /** Removes these dead letters. */
    public abstract Step delete(int queueId, List<Long> positions);

    /** Removes dead letters that are older than that. */
    public abstract Step deleteOld(int queueId, Duration age);

    /** Removes rows of a queue that is deleted. Returns how many; 0 = none are left. */
    public abstract int sweep(String table, int queueId);

    /**
     * Notes a dead letter's position by its id. A generated id is that of one position only, though a producer of
     * before may have given the same text to another message.
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
