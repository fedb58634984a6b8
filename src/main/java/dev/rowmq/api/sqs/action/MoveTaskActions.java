package dev.rowmq.api.sqs.action;

import dev.rowmq.api.sqs.attribute.QueueAddresses;
import dev.rowmq.api.sqs.protocol.SqsCall;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.api.sqs.protocol.SqsInput;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.task.MessageTask;
import dev.rowmq.model.task.TaskPlan;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.task.MessageTasks;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

import org.springframework.stereotype.Component;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask. */
@Component
public class MoveTaskActions {

    private static final int MAX_PER_SECOND = 500;
    private static final int MAX_RESULTS = 10;
    private static final Pattern ID = Pattern.compile("[0-9a-f-]{36}");

    private final MessageTasks tasks;
    private final QueueService service;
    private final QueueAddresses addresses;
    private final JsonMapper json;

    MoveTaskActions(MessageTasks tasks, QueueService service, QueueAddresses addresses, JsonMapper json) {
        this.tasks = tasks;
        this.service = service;
        this.addresses = addresses;
        this.json = json;
    }

    public ObjectNode startMessageMoveTask(SqsCall call) {
        SqsInput input = call.parameters();
        String source = queue(input, "SourceArn").orElseThrow(() -> SqsException.missing("SourceArn"));
        Optional<String> destination = queue(input, "DestinationArn");
        var rate = input.number("MaxNumberOfMessagesPerSecond", 1, MAX_PER_SECOND);
        if (destination.filter(source::equals).isPresent()) {
            throw SqsException.invalid("DestinationArn", addresses.arn(source), "It must be another queue.");
        }
        boolean takesDeadLetters = service.queues().stream()
                .anyMatch(other -> other.settings().deadLetterQueue().filter(source::equals).isPresent());
        if (!takesDeadLetters) {
            throw new SqsException(
                    SqsError.INVALID_PARAMETER_VALUE, "Source queue must be configured as a Dead Letter Queue.");
        }
        try {
            return json.createObjectNode().put("TaskHandle", handle(tasks.moveAll(source, destination, rate)));
        } catch (QueueException refusal) {
            throw translated(refusal);
        }
    }

    /** The name of the queue in an ARN. */
    private Optional<String> queue(SqsInput input, String parameter) {
        return input.text(parameter).map(arn -> {
            String name = QueueAddresses.nameInArn(arn).orElseThrow(() -> SqsException.invalid(
                    parameter, SafeText.of(arn, 100), "It must be the ARN of a queue."));
            try {
                return service.queue(name).name();
            } catch (QueueException missing) {
                throw translated(missing);
            }
        });
    }

    private static SqsException translated(QueueException refusal) {
        return refusal.code() == ErrorCode.QUEUE_NOT_FOUND
                ? new SqsException(SqsError.RESOURCE_NOT_FOUND, "The resource that you specified does not exist.")
                : SqsException.of(refusal);
    }

    public ObjectNode listMessageMoveTasks(SqsCall call) {
        SqsInput input = call.parameters();
        String source = queue(input, "SourceArn").orElseThrow(() -> SqsException.missing("SourceArn"));
        int max = input.number("MaxResults", 1, MAX_RESULTS).orElse(1);
        ObjectNode output = json.createObjectNode();
        ArrayNode results = output.putArray("Results");
        // other tasks of the queue, which this API does not know, are left out
        tasks.list(source, MAX_RESULTS).stream()
                .filter(task -> task.plan().action() == TaskPlan.TaskAction.MOVE_ALL)
                .limit(max)
                .forEach(task -> write(results.addObject(), task));
        return output;
    }

    private void write(ObjectNode result, MessageTask task) {
        if (task.status() == MessageTask.TaskStatus.RUNNING) {
            result.put("TaskHandle", handle(task));
        }
        result.put("Status", task.status().name());
        result.put("SourceArn", addresses.arn(task.queue()));
        task.plan().destination().ifPresent(name -> result.put("DestinationArn", addresses.arn(name)));
        task.plan().messagesPerSecond().ifPresent(rate -> result.put("MaxNumberOfMessagesPerSecond", rate));
        result.put("ApproximateNumberOfMessagesMoved", task.progress().done());
        result.put("ApproximateNumberOfMessagesToMove", task.total());
        task.failure().ifPresent(reason -> result.put("FailureReason", reason));
        result.put("StartedTimestamp", task.startedAt().toEpochMilli());
    }

    public ObjectNode cancelMessageMoveTask(SqsCall call) {
        String id = id(call.parameters().requiredText("TaskHandle"));
        MessageTask task = tasks.cancel(id)
                .orElseThrow(() -> new SqsException(
                        SqsError.RESOURCE_NOT_FOUND, "The task does not exist or is not running."));
        return json.createObjectNode().put("ApproximateNumberOfMessagesMoved", task.progress().done());
    }

    /** Base64 of a JSON object with the id of the task and the ARN of its source. */
    private String handle(MessageTask task) {
        ObjectNode handle = json.createObjectNode()
                .put("taskId", task.id())
                .put("sourceArn", addresses.arn(task.queue()));
        return Base64.getEncoder().encodeToString(json.writeValueAsBytes(handle));
    }

    private String id(String handle) {
        try {
            String id = json.readTree(new String(Base64.getDecoder().decode(handle), StandardCharsets.UTF_8))
                    .path("taskId")
                    .asString("");
            if (ID.matcher(id).matches()) {
                return id;
            }
        } catch (RuntimeException notOurs) {
            // refused below
        }
        throw SqsException.invalid("TaskHandle", SafeText.of(handle, 100), "It is no handle of a task.");
    }
}
