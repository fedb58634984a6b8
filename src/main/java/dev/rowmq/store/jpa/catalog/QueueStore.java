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

    /** Those of the names that there are, at most a few thousand. */
    public List<Queue> find(Set<String> names) {
        return queues.findByNameIn(names).stream().map(QueueEntity::queue).toList();
    }

    /** As {@link #find(String)}, and nobody else changes the queue until the transaction ends. */
    public Optional<Queue> lock(String name) {
        return queues.lockByName(name).map(QueueEntity::queue);
    }

    /**
     * Until the transaction ends nobody else changes which queue takes whose dead letters, or what is bound to a topic.
     */
    public void lockRelations() {
        jdbc.queryForList("select id from seal_key order by id for update", Integer.class);
    }

    /** In the order of their names. */
    public List<Queue> all() {
        return queues.findAllLive().stream().map(QueueEntity::queue).toList();
    }

    /** @throws QueueException {@link ErrorCode#QUEUE_CONFLICT} when another request made one with this name just now */
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

    /** The queue is gone at once; what is in it is removed by {@code Removal#sweepDeleted}. */
    public void delete(String name) {
        QueueEntity queue = queues.lockByName(name).orElseThrow();
        queue.delete(queues.clock());
        queues.saveAndFlush(queue);
    }
}
