package dev.rowmq.api.rest.task;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.task.MessageFilter;
import dev.rowmq.model.task.TaskPlan;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/** Request: change many messages of a queue. */
@Schema(name = "NewTask")
record TaskRequest(
        @Schema(requiredMode = Schema.RequiredMode.REQUIRED,
                        allowableValues = {"move", "delete", "make-ready", "redrive"})
                String action,
        @Schema(allowableValues = {"ready", "delayed", "dead"},
                        description = "the messages among which the filter chooses; by default dead for redrive,"
                                + " delayed for make-ready, else ready. Messages in flight are left alone.")
                String state,
        @Schema(description = "which of them; by default all") FilterRequest filter,
        @Schema(example = "orders-archive", description = "queue to which messages are moved; only with move")
                String destination,
        @Schema(example = "100", description = "maximum rate, 1 to 10000; by default none") Integer messagesPerSecond,
        @Schema(example = "0.1",
                        description = "only with redrive: one message is redriven first, then 10, then 100 at a time,"
                                + " each time when the last ones are settled; the task ends when a larger share than"
                                + " this, 0.001 to 1, became dead letters again")
                Double maxDeadShare) {

    /** @throws QueueException INVALID_REQUEST or OUT_OF_RANGE */
    TaskPlan plan() {
        if (action == null) {
            throw new QueueException(
                    ErrorCode.INVALID_REQUEST,
                    "action",
                    "action is missing; send one of " + names(RequestedAction.values()));
        }
        RequestedAction wanted = read("action", action, RequestedAction.values());
        TaskPlan.MessageState usual = wanted.usual;
        return new TaskPlan(
                TaskPlan.TaskAction.valueOf(wanted.name()),
                state == null ? usual : read("state", state, TaskPlan.MessageState.values()),
                filter == null ? MessageFilter.ALL : filter.filter(),
                Optional.ofNullable(destination),
                messagesPerSecond == null ? OptionalInt.empty() : OptionalInt.of(messagesPerSecond),
                maxDeadShare == null ? OptionalDouble.empty() : OptionalDouble.of(maxDeadShare));
    }

    /** The actions that a request may name. */
    private enum RequestedAction {
        MOVE(TaskPlan.MessageState.READY),
        DELETE(TaskPlan.MessageState.READY),
        MAKE_READY(TaskPlan.MessageState.DELAYED),
        REDRIVE(TaskPlan.MessageState.DEAD);

        private final TaskPlan.MessageState usual;

        RequestedAction(TaskPlan.MessageState usual) {
            this.usual = usual;
        }
    }

    /** A plan in one line, for the audit; without texts that bodies may have in them. */
    static String summary(TaskPlan plan) {
        StringJoiner line = new StringJoiner(", ");
        line.add(name(plan.action()) + " " + name(plan.state()));
        plan.destination().ifPresent(queue -> line.add("to " + queue));
        MessageFilter filter = plan.filter();
        if (!filter.ids().isEmpty()) {
            line.add(filter.ids().size() + " ids from " + filter.ids().getFirst());
        }
        filter.text().ifPresent(text -> line.add("with a text"));
        filter.metadata().forEach((name, value) -> line.add(name + "=" + value));
        filter.group().ifPresent(group -> line.add("group " + group));
        filter.priority().ifPresent(priority -> line.add("priority " + priority));
        filter.olderThan().ifPresent(age -> line.add("older than " + age.toSeconds() + "s"));
        filter.reason().ifPresent(reason -> line.add(reason.text()));
        filter.error().ifPresent(error -> line.add("error '" + error + "'"));
        return line.toString();
    }

    /** The name of a constant in the API, such as {@code make-ready}. */
    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String names(Enum<?>[] constants) {
        return Arrays.stream(constants).map(TaskRequest::name).collect(Collectors.joining(", "));
    }

    private static <E extends Enum<E>> E read(String field, String text, E[] constants) {
        return Arrays.stream(constants)
                .filter(constant -> name(constant).equals(text))
                .findFirst()
                .orElseThrow(() -> new QueueException(
                        ErrorCode.OUT_OF_RANGE,
                        field,
                        "%s is '%s'; allowed are %s".formatted(field, SafeText.of(text, 50), names(constants))));
    }
}
