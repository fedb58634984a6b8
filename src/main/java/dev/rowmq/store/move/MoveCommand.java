package dev.rowmq.store.move;

import dev.rowmq.store.database.StoreStartException;

import java.io.PrintStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code java -jar rowmq.jar move --from=URL --to=URL}: copies everything of one installation into an empty database.
 * After an interruption, even by a kill, the same command continues.
 */
public final class MoveCommand {

    /** The first argument of the command line. */
    public static final String NAME = "move";

    private static final String USAGE = """
        java -jar rowmq.jar move --from=URL --to=URL [options]

        Copies queues, messages, leases, ids, dead letters, topics and subscriptions into an empty database or schema.
        No service may use either of them meanwhile. After an interruption, repeat the command: it continues.

          --from=URL, --to=URL                  jdbc:h2:file:... or jdbc:postgresql:...; for partitions, give both once
                                                per partition, in their order
          --from-username=, --from-password=    credentials that are not in the URL; the passwords also from the
          --to-username=, --to-password=        environment, ROWMQ_FROM_PASSWORD and ROWMQ_TO_PASSWORD
          --from-schema=, --to-schema=          on PostgreSQL, default rowmq
        """;

    private final PrintStream out;
    private final Map<String, List<String>> options = new LinkedHashMap<>();

    private MoveCommand(PrintStream out) {
        this.out = out;
    }

    /**
     * Runs the command.
     *
     * @param arguments those after {@link #NAME}
     * @return the exit code: 0 = everything was moved, 1 = not, 2 = the arguments are wrong
     */
    public static int run(List<String> arguments, PrintStream out) {
        MoveCommand command = new MoveCommand(out);
        try {
            command.read(arguments);
        } catch (IllegalArgumentException wrong) {
            out.println(wrong.getMessage());
            out.println();
            out.print(USAGE);
            return 2;
        }
        try {
            command.move();
            return 0;
        } catch (StoreStartException refused) {
            out.println(refused.getMessage() + "\n" + refused.advice());
        } catch (SQLException | RuntimeException failure) {
            out.println("The move stopped: " + reasons(failure)
                    + "\nWhat was copied stays. Remove the reason, and repeat the command: it continues.");
        }
        return 1;
    }

    private static String reasons(Throwable failure) {
        List<String> reasons = new ArrayList<>();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            reasons.add(String.valueOf(cause.getMessage()));
        }
        return String.join("; because: ", reasons);
    }

    private void read(List<String> arguments) {
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            if (equals < 0 || !name.matches("--(from|to)(-(username|password|schema))?")) {
                throw new IllegalArgumentException("unknown argument: " + name);
            }
            options.computeIfAbsent(name.substring(2), any -> new ArrayList<>()).add(argument.substring(equals + 1));
        }
        List<String> from = options.getOrDefault("from", List.of());
        if (from.isEmpty() || from.size() != options.getOrDefault("to", List.of()).size()) {
            throw new IllegalArgumentException("--from and --to are needed, as often as there are partitions");
        }
    }

    private String option(String name, int partition) {
        List<String> values = options.get(name);
        if (values != null) {
            return values.get(Math.min(partition, values.size() - 1));
        }
        return name.endsWith("-password")
                ? System.getenv("ROWMQ_" + name.toUpperCase(Locale.ROOT).replace('-', '_'))
                : null;
    }

    private MoveDatabase open(String side, int partition) {
        return new MoveDatabase(
                option(side, partition),
                option(side + "-username", partition),
                option(side + "-password", partition),
                option(side + "-schema", partition),
                side.equals("from"));
    }

    private void move() throws SQLException {
        int partitions = options.get("from").size();
        List<DatabaseMove> moves = new ArrayList<>();
        try {
            for (int n = 0; n < partitions; n++) {
                moves.add(new DatabaseMove(open("from", n), open("to", n), n, new MoveProgress(out)));
            }
            // the first partition's mark is set last and removed last: while it is there, all partitions are complete
            if (!moves.getFirst().complete()) {
                for (DatabaseMove move : moves) {
                    move.begin();
                }
                for (DatabaseMove move : moves) {
                    move.copy();
                }
                for (DatabaseMove move : moves) {
                    move.finish();
                }
                moves.getFirst().markComplete();
            }
            for (DatabaseMove move : moves.reversed()) {
                move.unmark();
            }
        } finally {
            moves.forEach(DatabaseMove::close);
        }
        out.println("Everything was moved. Let the service use the new database; the old one still has everything.");
    }
}
