package dev.rowmq.store.sql;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Which queues are FIFO queues. It never changes: the ids of queues are not used again. */
@Component
public class FifoQueues {

    private final JdbcTemplate jdbc;
    private final Map<Integer, Boolean> known = new ConcurrentHashMap<>();

    FifoQueues(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** Also false for a queue that does not exist. */
    public boolean contains(int queueId) {
        Boolean fifo = known.get(queueId);
        if (fifo == null) {
            List<Boolean> found = jdbc.queryForList("select fifo from queue where id = ?", Boolean.class, queueId);
            if (found.isEmpty()) {
                return false;
            }
            fifo = found.getFirst();
            known.put(queueId, fifo);
        }
        return fifo;
    }
}
