package dev.rowmq.api.sqs.action;

import dev.rowmq.api.sqs.attribute.QueueAddresses;
import dev.rowmq.api.sqs.attribute.QueueAttributes;
import dev.rowmq.api.sqs.protocol.SqsCall;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.api.sqs.protocol.SqsInput;
import dev.rowmq.model.Upserted;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.queue.QueueService;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

import org.springframework.stereotype.Component;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Actions on queues: create, find, list, delete, purge and tag them, and get and set their attributes. */
@Component
public class QueueActions {

    private static final int MAX_RESULTS = 1000;
    private static final String NAME = "[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\\.fifo";

    private final QueueService service;
    private final QueueAttributes attributes;
    private final QueueAddresses addresses;
    private final JsonMapper json;

    QueueActions(QueueService service, QueueAttributes attributes, QueueAddresses addresses, JsonMapper json) {
        this.service = service;
        this.attributes = attributes;
        this.addresses = addresses;
        this.json = json;
    }

    public ObjectNode createQueue(SqsCall call) {
        SqsInput input = call.parameters();
        String name = input.requiredText("QueueName");
        if (!name.matches(NAME)) {
            throw SqsException.invalid(
                    "QueueName", SafeText.of(name, 100), "Can only include alphanumeric characters, hyphens, or"
                            + " underscores. 1 to 80 in length.");
        }
        Map<String, String> wanted = input.textMap("Attributes");
        Map<String, String> tags = new HashMap<>(input.textMap("Tags"));
        tags.putAll(input.textMap("tags"));
        checkTags(tags);
        checkDeadLetterQueue(name, wanted);
        QueueSettings settings = attributes.create(name, wanted);
        Upserted<Queue> created = service.createIfAbsent(name, settings.labelled(tags, settings.attributes()));
        if (!created.created()) {
            attributes.conflict(created.value(), wanted).ifPresent(attribute -> {
                throw new SqsException(
                        SqsError.QUEUE_NAME_EXISTS,
                        "A queue already exists with the same name and a different value for attribute %s"
                                .formatted(attribute));
            });
        }
        return url(call, name);
    }

    private void checkDeadLetterQueue(String source, Map<String, String> wanted) {
        attributes.deadLetterQueue(wanted).ifPresent(target -> {
            try {
                if (!attributes.allowsSource(service.queue(target), source)) {
                    throw new SqsException(
                            SqsError.INVALID_PARAMETER_VALUE,
                            "The RedriveAllowPolicy of the queue '%s' does not allow '%s' as a source."
                                    .formatted(target, source));
                }
            } catch (QueueException missing) {
                throw missing.code() == ErrorCode.QUEUE_NOT_FOUND
                        ? SqsException.invalid(
                                "RedrivePolicy", SafeText.of(wanted.get("RedrivePolicy"), 200),
                                "Dead letter target does not exist.")
                        : missing;
            }
        });
    }

    public ObjectNode getQueueUrl(SqsCall call) {
        String name = call.parameters().requiredText("QueueName");
        return url(call, service.queue(QueueAddresses.nameInArn(name).orElse(name)).name());
    }

    private ObjectNode url(SqsCall call, String name) {
        return json.createObjectNode().put("QueueUrl", addresses.url(call.request(), name));
    }

    public ObjectNode listQueues(SqsCall call) {
        String prefix = call.parameters().text("QueueNamePrefix").orElse("");
        return page(
                call,
                "QueueUrls",
                service.queues().stream()
                        .map(Queue::name)
                        .filter(name -> name.startsWith(prefix))
                        .toList());
    }

    public ObjectNode listDeadLetterSourceQueues(SqsCall call) {
        String target = service.queue(QueueAddresses.queueOf(call)).name();
        return page(
                call,
                "queueUrls",
                service.queues().stream()
                        .filter(queue -> queue.settings().deadLetterQueue().filter(target::equals).isPresent())
                        .map(Queue::name)
                        .toList());
    }

    private ObjectNode page(SqsCall call, String field, List<String> names) {
        OptionalInt max = call.parameters().number("MaxResults", 1, MAX_RESULTS);
        String after = call.parameters().text("NextToken").map(QueueActions::nameInToken).orElse("");
        List<String> rest = names.stream().filter(name -> name.compareTo(after) > 0).sorted().toList();
        List<String> page = rest.subList(0, Math.min(rest.size(), max.orElse(MAX_RESULTS)));
        ObjectNode output = json.createObjectNode();
        if (!page.isEmpty()) {
            ArrayNode urls = output.putArray(field);
            page.forEach(name -> urls.add(addresses.url(call.request(), name)));
        }
        if (max.isPresent() && page.size() < rest.size()) {
            output.put("NextToken", Base64.getUrlEncoder().withoutPadding()
                    .encodeToString(page.getLast().getBytes(StandardCharsets.UTF_8)));
        }
        return output;
    }

    private static String nameInToken(String token) {
        try {
            return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notOurs) {
            throw SqsException.invalid("NextToken", SafeText.of(token, 100), "It is no token of an earlier call.");
        }
    }

    public ObjectNode deleteQueue(SqsCall call) {
        service.delete(QueueAddresses.queueOf(call));
        return json.createObjectNode();
    }

    public ObjectNode purgeQueue(SqsCall call) {
        String name = QueueAddresses.queueOf(call);
        try {
            service.purge(name);
        } catch (QueueException refusal) {
            throw refusal.code() == ErrorCode.QUEUE_CONFLICT
                    ? new SqsException(
                            SqsError.PURGE_QUEUE_IN_PROGRESS, "A purge of the queue '%s' is running.".formatted(name))
                    : refusal;
        }
        return json.createObjectNode();
    }

    public ObjectNode getQueueAttributes(SqsCall call) {
        List<String> names = call.parameters().texts("AttributeNames");
        String name = QueueAddresses.queueOf(call);
        ObjectNode output = json.createObjectNode();
        QueueService.Measured measured = service.get(name);
        Map<String, String> values = attributes.read(measured.queue(), measured.stats().counts(), names);
        if (!values.isEmpty()) {
            ObjectNode map = output.putObject("Attributes");
            values.forEach(map::put);
        }
        return output;
    }

    public ObjectNode setQueueAttributes(SqsCall call) {
        Map<String, String> wanted = call.parameters().textMap("Attributes");
        if (wanted.isEmpty()) {
            throw SqsException.missing("Attributes");
        }
        String name = QueueAddresses.queueOf(call);
        checkDeadLetterQueue(name, wanted);
        service.change(name, before -> attributes.change(before, wanted));
        return json.createObjectNode();
    }

    public ObjectNode tagQueue(SqsCall call) {
        Map<String, String> more = new HashMap<>(call.parameters().textMap("Tags"));
        if (more.isEmpty()) {
            throw SqsException.missing("Tags");
        }
        service.change(QueueAddresses.queueOf(call), before -> {
            Map<String, String> tags = new HashMap<>(before.tags());
            tags.putAll(more);
            checkTags(tags);
            return before.labelled(tags, before.attributes());
        });
        return json.createObjectNode();
    }

    private static void checkTags(Map<String, String> tags) {
        if (tags.size() > QueueSettings.MAX_TAGS) {
            throw SqsException.invalid(
                    "Tags", tags.size() + " tags", "A queue has up to %d tags.".formatted(QueueSettings.MAX_TAGS));
        }
        tags.forEach((key, value) -> {
            if (key.isEmpty() || key.length() > 128 || value.length() > 256) {
                throw SqsException.invalid(
                        "Tags", SafeText.of(key, 100), "Keys have 1 to 128 characters, values up to 256.");
            }
        });
    }

    public ObjectNode untagQueue(SqsCall call) {
        List<String> keys = call.parameters().texts("TagKeys");
        if (keys.isEmpty()) {
            throw SqsException.missing("TagKeys");
        }
        service.change(QueueAddresses.queueOf(call), before -> {
            Map<String, String> tags = new HashMap<>(before.tags());
            keys.forEach(tags::remove);
            return before.labelled(tags, before.attributes());
        });
        return json.createObjectNode();
    }

    public ObjectNode listQueueTags(SqsCall call) {
        Map<String, String> tags = service.queue(QueueAddresses.queueOf(call)).settings().tags();
        ObjectNode output = json.createObjectNode();
        if (!tags.isEmpty()) {
            ObjectNode map = output.putObject("Tags");
            tags.forEach(map::put);
        }
        return output;
    }
}
