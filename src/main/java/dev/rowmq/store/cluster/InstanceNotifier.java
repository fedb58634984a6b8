package dev.rowmq.store.cluster;

import dev.rowmq.store.database.DatabaseSupport;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Notifies the other instances on a PostgreSQL database of the queues in which messages arrived, so that receivers
 * waiting there need not wait for the next poll. NOTIFY is sent outside the transactions that store messages, at most
 * twenty times a second for all queues together, and only while another instance listens. A lost notification costs no
 * more than the wait for that poll. On H2, which has one process only, nothing is sent. Behind a connection pooler no
 * instance can listen; there every instance assumes that others exist.
 */
@Component
public class InstanceNotifier implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(InstanceNotifier.class);

    private static final Duration BETWEEN_NOTICES = Duration.ofMillis(50);
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(1);
    private static final int LOOK_FOR_OTHERS_MILLIS = 2000;
    /** A payload is limited to 8000 bytes. */
    private static final int QUEUES_IN_A_NOTICE = 500;

    /** The channel has the name of the schema: other installations may be in the same database. */
    private static final String NOTIFY = "select pg_notify('rowmq_' || current_schema(), ?)";

    private static final String LISTEN = """
        do $$
        begin
            execute format('listen %I', 'rowmq_' || current_schema());
            perform set_config('application_name', 'rowmq-listener ' || current_schema(), false);
        end
        $$
        """;

    private static final String OTHERS =
            """
            select count(*)
            from pg_stat_activity
            where datname = current_database() and application_name = 'rowmq-listener ' || current_schema()
                and pid <> pg_backend_pid()
            """;

    private final DataSource dataSource;
    private final JdbcTemplate jdbc;
    private final DatabaseSupport database;
    private final boolean possible;
    private final String self = UUID.randomUUID().toString();
    private final Set<Integer> pending = ConcurrentHashMap.newKeySet();
    private volatile Thread notifier;
    private volatile Thread listener;
    private volatile boolean others;
    private volatile boolean closed;

    InstanceNotifier(DatabaseSupport database, DataSource dataSource, JdbcTemplate jdbc) {
        this.database = database;
        this.possible = database.shared();
        this.dataSource = dataSource;
        this.jdbc = jdbc;
    }

    /**
     * Starts to listen.
     *
     * @param onNotice is called with the id of a queue in which another instance reports new messages
     */
    public void listen(IntConsumer onNotice) {
        if (possible && database.behindPooler()) {
            // a pooler gives the session that listens to the next client: other instances are notified, and found by
            // polls
            others = true;
            notifier = Thread.ofVirtual().name("rowmq-notify").start(this::notifyRegularly);
        } else if (possible) {
            listener = Thread.ofVirtual().name("rowmq-listen").start(() -> keepListening(onNotice));
            notifier = Thread.ofVirtual().name("rowmq-notify").start(this::notifyRegularly);
        }
    }

    /** Notifies the other instances soon. Returns at once. */
    public void notifyOthers(int queueId) {
        if (others && pending.add(queueId)) {
            LockSupport.unpark(notifier);
        }
    }

    /** Whether there can be other instances at all. */
    public boolean othersPossible() {
        return possible;
    }

    /** Whether there are other instances that listen; always true behind a connection pooler. */
    public boolean othersListen() {
        return others;
    }

    private void notifyRegularly() {
        while (!closed) {
            if (pending.isEmpty()) {
                LockSupport.park(this);
                continue;
            }
            List<Integer> now = pending.stream().limit(QUEUES_IN_A_NOTICE).toList();
            now.forEach(pending::remove);
            try {
                jdbc.query(
                        NOTIFY,
                        row -> {},
                        self + now.stream().map(id -> " " + id).collect(Collectors.joining()));
            } catch (RuntimeException | Error unheard) {
                log.debug("a notice was lost", unheard);
            }
            long end = System.nanoTime() + BETWEEN_NOTICES.toNanos();
            for (long left = BETWEEN_NOTICES.toNanos(); left > 0 && !closed; left = end - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
    }

    private void keepListening(IntConsumer onNotice) {
        while (!closed) {
            try (Connection connection = dataSource.getConnection();
                    Statement statement = connection.createStatement()) {
                try {
                    statement.execute(LISTEN);
                    listen(connection.unwrap(PGConnection.class), statement, onNotice);
                } finally {
                    statement.execute("unlisten *");
                    statement.execute("set application_name = 'rowmq'");
                }
            } catch (SQLException | RuntimeException | Error broken) {
                others = false;
                log.debug("notifications of other instances cannot be received at the moment", broken);
                LockSupport.parkNanos(AFTER_A_FAILURE.toNanos());
            }
        }
    }

    private void listen(PGConnection connection, Statement statement, IntConsumer onNotice) throws SQLException {
        long lookedForOthers = System.nanoTime() - 1_000_000L * LOOK_FOR_OTHERS_MILLIS;
        while (!closed) {
            if (System.nanoTime() - lookedForOthers >= 1_000_000L * LOOK_FOR_OTHERS_MILLIS) {
                lookedForOthers = System.nanoTime();
                try (ResultSet count = statement.executeQuery(OTHERS)) {
                    count.next();
                    others = count.getInt(1) > 0;
                }
            }
            for (PGNotification notice : connection.getNotifications(LOOK_FOR_OTHERS_MILLIS)) {
                String[] words = notice.getParameter().split(" ");
                if (!words[0].equals(self)) {
                    Arrays.stream(words).skip(1).mapToInt(Integer::parseInt).forEach(onNotice);
                }
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : new Thread[] {notifier, listener}) {
            if (thread != null) {
                thread.interrupt();
            }
        }
    }
}
