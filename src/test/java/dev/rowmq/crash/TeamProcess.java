package dev.rowmq.crash;

import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import tools.jackson.databind.JsonNode;

/**
 * A producer or a consumer of a team, in a process of its own that can be killed. Each producer writes a row of the
 * team and sends the message in one transaction, of which a fifth is rolled back. Each consumer receives over HTTP,
 * writes its effect and acks in one transaction.
 */
final class TeamProcess implements AutoCloseable {

    /** The tables of the team. */
    static final String TABLES = """
        create schema team;
        create sequence team.number;
        create table team.sent (n bigint primary key);
        create table team.effect (n bigint not null);
        """;

    enum Role {
        PRODUCER,
        CONSUMER
    }

    enum Defect {
        NONE,
        /** The message is sent in a transaction of its own. */
        SEND_OUTSIDE,
        /** The message is acked in a transaction of its own. */
        ACK_OUTSIDE
    }

    private final List<String> command;
    private final Path log;
    private Process process;

    /**
     * @param database JDBC URL
     * @param service  base URL of the service
     * @param total    number of messages that all producers send together, those that are rolled back included
     */
    TeamProcess(Path log, Role role, Defect defect, String database, String service, String queue, int total) {
        this.log = log;
        this.command = List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                TeamProcess.class.getName(),
                role.name(),
                defect.name(),
                database,
                service,
                queue,
                Integer.toString(total));
    }

    TeamProcess start() {
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            return this;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Whether a producer has sent its last message. */
    boolean done() {
        return !process.isAlive();
    }

    /** kill -9. */
    void kill() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        kill();
    }

    public static void main(String[] arguments) throws Exception {
        Role role = Role.valueOf(arguments[0]);
        Defect defect = Defect.valueOf(arguments[1]);
        QueueClient queue = new QueueClient(new Http(arguments[3]), arguments[4]);
        long total = Long.parseLong(arguments[5]);
        boolean more = true;
        while (more) {
            try (Connection team = DriverManager.getConnection(arguments[2]);
                    Connection other = DriverManager.getConnection(arguments[2])) {
                team.setAutoCommit(false);
                while (more) {
                    more = role == Role.CONSUMER
                            ? consume(team, defect == Defect.ACK_OUTSIDE ? other : team, queue)
                            : produce(team, defect == Defect.SEND_OUTSIDE ? other : team, queue.name(), total);
                }
            } catch (SQLException | RuntimeException | AssertionError interrupted) {
                // the database or the service was stopped; a transaction that was open did not happen
                Thread.sleep(200);
            }
        }
    }

    /** Sends 1 to 8 messages in a transaction. Returns false when all messages are sent. */
    private static boolean produce(Connection team, Connection sender, String queue, long total)
            throws SQLException, InterruptedException {
        int messages = ThreadLocalRandom.current().nextInt(1, 9);
        for (int i = 0; i < messages; i++) {
            long number = call(team, "select nextval('team.number')");
            if (number > total) {
                team.commit();
                return false;
            }
            call(team, "insert into team.sent values (?) returning n", number);
            call(sender, "select length(rowmq.send(?, ?))", queue, Long.toString(number));
        }
        if (ThreadLocalRandom.current().nextInt(5) == 0) {
            team.rollback();
        } else {
            team.commit();
        }
        // long enough in all for the kills of the test
        Thread.sleep(4);
        return true;
    }

    /** Receives up to 20 messages. One transaction in ten fails after its acks. */
    private static boolean consume(Connection team, Connection acker, QueueClient queue) throws SQLException {
        List<JsonNode> messages = queue.receive("{\"max\": 20, \"wait\": \"1s\", \"visibilityTimeout\": \"3s\"}");
        try {
            for (JsonNode message : messages) {
                call(team, "insert into team.effect values (?) returning n",
                        Long.parseLong(QueueClient.body(message)));
                call(acker, "select count(rowmq.ack(?))", message.path("receipt").asString());
            }
            if (ThreadLocalRandom.current().nextInt(10) == 0) {
                team.rollback();
            } else {
                team.commit();
            }
        } catch (SQLException stale) {
            team.rollback();
        }
        return true;
    }

    private static long call(Connection connection, String sql, Object... arguments) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setObject(i + 1, arguments[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
