package dev.rowmq.store.jpa.catalog;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.store.sql.QueueCounters;

import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** The queues and their settings. Each method takes part in the caller's transaction. */
@Component
public class QueueStore {

    private final QueueRepository queues;
    private final QueueCounters counters;
    private final JdbcTemplate jdbc;

    QueueStore(QueueRepository queues, QueueCounters counters, JdbcTemplate jdbc) {
        this.queues = queues;
        this.counters = counters;
        this.jdbc = jdbc;
    }

    public Optional<Queue> find(String name) {
        return queues.findByName(name).map(QueueEntity::queue);
    }

    /**
     * Returns the queues with these names, as far as they exist.
     *
     * @param names at most a few thousand
     */
    public List<Queue> find(Set<String> names) {
        return queues.findByNameIn(names).stream().map(QueueEntity::queue).toList();
    }

    /** As {@link #find(String)}, and locks the queue's row until the transaction ends. */
    public Optional<Queue> lock(String name) {
        return queues.lockByName(name).map(QueueEntity::queue);
    }

    /**
     * Locks the relations of queues until the transaction ends: the targets of their dead letters, and the bindings of
     * topics.
     */
    public void lockRelations() {
        jdbc.queryForList("select id from seal_key order by id for update", Integer.class);
    }

    /** In the order of names. */
    public List<Queue> all() {
        return queues.findAllLive().stream().map(QueueEntity::queue).toList();
    }

    /**
     * @throws QueueException {@link ErrorCode#QUEUE_CONFLICT} when another request created a queue with this name just
     *     now
     */
    public Queue create(String name, QueueSettings settings) {
        QueueEntity queue = new QueueEntity(name, queues.clock().truncatedTo(ChronoUnit.MICROS));
        queue.set(settings);
        try {
            Queue created = queues.saveAndFlush(queue).queue();
            counters.begin(created.id());
            return created;
        } catch (DataIntegrityViolationException taken) {
            throw new QueueException(
                    ErrorCode.QUEUE_CONFLICT,
                    "queue '%s' was created by another request at this moment; repeat yours".formatted(name),
                    taken);
        }
    }

    public Queue change(String name, QueueSettings settings) {
        QueueEntity queue = queues.lockByName(name).orElseThrow();
        queue.set(settings);
        return queues.saveAndFlush(queue).queue();
    }

    public Queue pause(String name, boolean paused) {
        QueueEntity queue = queues.lockByName(name).orElseThrow();
        queue.pause(paused);
        return queues.saveAndFlush(queue).queue();
    }

    /** Deletes the queue at once. {@code MessageRemover#sweepDeleted} removes its contents later. */
    public void delete(String name) {
        QueueEntity queue = queues.lockByName(name).orElseThrow();
        queue.delete(queues.clock());
        queues.saveAndFlush(queue);
    }
}
