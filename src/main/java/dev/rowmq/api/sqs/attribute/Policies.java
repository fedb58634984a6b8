package dev.rowmq.api.sqs.attribute;

import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.model.error.SafeText;

import java.util.Optional;

import org.springframework.stereotype.Component;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Attributes of a queue that are JSON objects in a text: RedrivePolicy, RedriveAllowPolicy and Policy. */
@Component
class Policies {

    private static final String REDRIVE_POLICY = "RedrivePolicy";
    private static final int MAX_RECEIVE_COUNT = 1000;

    private final JsonMapper json;

    Policies(JsonMapper json) {
        this.json = json;
    }

    /**
     * Where messages go that were received too often.
     *
     * @param target          name of the dead letter queue
     * @param maxReceiveCount 1 to 1000
     */
    record RedrivePolicy(String target, int maxReceiveCount) {}

    /** @return empty for an empty text, which removes the policy */
    Optional<RedrivePolicy> redrivePolicy(String text) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        JsonNode policy = object(REDRIVE_POLICY, text);
        String arn = policy.path("deadLetterTargetArn").asString("");
        String count = policy.path("maxReceiveCount").asString("");
        String target = QueueAddresses.nameInArn(arn).orElseThrow(() -> invalid(
                REDRIVE_POLICY, text, "Redrive policy does not contain a valid deadLetterTargetArn."));
        if (!count.matches("[0-9]{1,4}")
                || Integer.parseInt(count) < 1
                || Integer.parseInt(count) > MAX_RECEIVE_COUNT) {
            throw invalid(
                    REDRIVE_POLICY, text, "maxReceiveCount must be between 1 and %d.".formatted(MAX_RECEIVE_COUNT));
        }
        return Optional.of(new RedrivePolicy(target, Integer.parseInt(count)));
    }

    String text(String targetArn, int maxReceiveCount) {
        return json.writeValueAsString(json.createObjectNode()
                .put("deadLetterTargetArn", targetArn)
                .put("maxReceiveCount", maxReceiveCount));
    }

    /** Whether the RedriveAllowPolicy of a dead letter queue allows a source queue, by name; null allows all. */
    boolean allows(String redriveAllowPolicy, String source) {
        if (redriveAllowPolicy == null) {
            return true;
        }
        JsonNode policy = object("RedriveAllowPolicy", redriveAllowPolicy);
        return switch (policy.path("redrivePermission").asString("allowAll")) {
            case "denyAll" -> false;
            case "byQueue" -> policy.path("sourceQueueArns").valueStream()
                    .flatMap(arn -> QueueAddresses.nameInArn(arn.asString("")).stream())
                    .anyMatch(source::equals);
            default -> true;
        };
    }

    void checkRedriveAllowPolicy(String text) {
        String permission = object("RedriveAllowPolicy", text).path("redrivePermission").asString("");
        if (!permission.matches("allowAll|denyAll|byQueue")) {
            throw invalid("RedriveAllowPolicy", text, "redrivePermission must be allowAll, denyAll or byQueue.");
        }
    }

    /** @throws SqsException InvalidAttributeValue when the text is no JSON object */
    JsonNode object(String attribute, String text) {
        try {
            JsonNode node = json.readTree(text);
            if (node.isObject()) {
                return node;
            }
        } catch (JacksonException unreadable) {
            // refused below
        }
        throw invalid(attribute, text, "It must be a JSON object.");
    }

    /**
     * Whether two values of an attribute mean the same: as texts, as JSON with equal members, or as policies with the
     * same dead letter queue and number.
     */
    boolean sameMeaning(String attribute, String one, String other) {
        if (one.equals(other)) {
            return true;
        }
        try {
            return attribute.equals(REDRIVE_POLICY)
                    ? redrivePolicy(one).equals(redrivePolicy(other))
                    : json.readTree(one).isObject() && json.readTree(one).equals(json.readTree(other));
        } catch (JacksonException unreadable) {
            return false;
        }
    }

    private static SqsException invalid(String attribute, String text, String reason) {
        return new SqsException(
                attribute.equals(REDRIVE_POLICY) ? SqsError.INVALID_PARAMETER_VALUE : SqsError.INVALID_ATTRIBUTE_VALUE,
                "Value %s for parameter %s is invalid. Reason: %s"
                        .formatted(SafeText.of(text, 200), attribute, reason));
    }
}
