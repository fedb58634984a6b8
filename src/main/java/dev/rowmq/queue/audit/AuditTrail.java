package dev.rowmq.queue.audit;

import dev.rowmq.model.Page;
import dev.rowmq.model.audit.AuditEntry;
import dev.rowmq.model.error.LogThrottle;
import dev.rowmq.queue.PageCursors;
import dev.rowmq.queue.catalog.QueueScope;
import dev.rowmq.store.cluster.AuditStore;
import dev.rowmq.store.database.Partitions;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Records changes, and reads and forgets the records. */
@Component
public class AuditTrail {

    private static final Logger log = LoggerFactory.getLogger(AuditTrail.class);

    private final AuditStore store;
    private final Partitions partitions;
    private final PageCursors cursors;
    private final AuditProperties properties;
    private final Clock clock = Clock.systemUTC();
    private final LogThrottle lines = new LogThrottle(Duration.ofSeconds(10));

    AuditTrail(AuditStore store, Partitions partitions, PageCursors cursors, AuditProperties properties) {
        this.store = store;
        this.partitions = partitions;
        this.cursors = cursors;
        this.properties = properties;
    }

    /** Records a change that has been made or refused. A failure is logged: the change cannot be undone. */
    public void record(AuditEntry entry) {
        try {
            partitions.in(0, () -> {
                store.add(entry);
                return null;
            });
        } catch (RuntimeException databaseAway) {
            long lost = lines.event();
            if (lost > 0) {
                log.warn(
                        "{} changes could not be written to the audit: {}; the last one: {}",
                        lost,
                        databaseAway.getMessage(),
                        entry);
            }
        }
    }

    /**
     * A page of the records, the latest first.
     *
     * @param resource name of a queue or topic; empty = all
     * @param limit    1 to 1000
     * @throws dev.rowmq.model.error.QueueException FORBIDDEN for a queue outside the caller's {@link QueueScope}, and
     *     without a queue for any caller who has one
     */
    public Page<AuditEntry> page(Optional<String> resource, int limit, Optional<String> cursor) {
        resource.ifPresentOrElse(
                QueueScope::checked, () -> QueueScope.requireAll("this is the audit of all queues; name a queue"));
        return cursors.page(
                "audit " + resource.orElse(""),
                limit,
                cursor,
                (max, after) -> partitions.in(0, () -> store.page(resource, max, after)));
    }

    /** Removes one set of records whose retention has ended, and returns their number; 0 = there are none. */
    public int removeOld() {
        return store.removeBefore(clock.instant().minus(properties.retention()));
    }
}
