package dev.rowmq.store.database;

import dev.rowmq.model.error.LogThrottle;
import dev.rowmq.model.error.QueueException;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs outages of the database: one line with the cause when an outage begins, then at most one line with a count every
 * ten seconds, and one line when it is over. Requests that fail during an outage get their own error responses and are
 * not logged one by one.
 */
final class OutageLog {

    private static final Logger log = LoggerFactory.getLogger("dev.rowmq.store.Outage");

    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);
    /**
     * An outage is over after this many nanoseconds without a failure: the failures of a busy database come one by one.
     */
    private static final long OVER_NANOS = 3_000_000_000L;

    private final LogThrottle lines = new LogThrottle(BETWEEN_LINES);
    private final AtomicLong failures = new AtomicLong();
    private volatile boolean failing;
    private volatile long begin;
    private volatile long last;

    /** @param refusal the exception for the caller, with the database's exception as its cause */
    void failed(QueueException refusal) {
        last = System.nanoTime();
        failures.incrementAndGet();
        if (!failing) {
            begin = last;
            failing = true;
        }
        long number = lines.event();
        if (number > 0) {
            SQLException sql = FailureCauses.first(refusal.getCause(), SQLException.class);
            log.warn(
                    "{}; {} such failures since the last line; the database said (SQLSTATE {}): {}",
                    refusal.code(),
                    number,
                    sql == null ? "none" : sql.getSQLState(),
                    SqlErrorTranslator.words(refusal.getCause()));
        }
    }

    void worked() {
        if (failing && System.nanoTime() - last > OVER_NANOS) {
            synchronized (this) {
                if (failing) {
                    failing = false;
                    log.info(
                            "the database answers again after {} s, in which {} statements failed",
                            Duration.ofNanos(last - begin).toSeconds(),
                            failures.getAndSet(0));
                }
            }
        }
    }
}
