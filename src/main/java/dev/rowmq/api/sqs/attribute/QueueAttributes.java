package dev.rowmq.api.sqs.attribute;

import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.queue.FifoRules;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.QueueCounter;
import dev.rowmq.model.queue.QueueCounts;
import dev.rowmq.model.queue.QueueSettings;
import dev.rowmq.model.queue.RetryPolicy;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

import org.springframework.stereotype.Component;

/** Translates between the attributes of a queue in Amazon SQS's API and the settings of a queue. */
@Component
public class QueueAttributes {

    private static final String ALL = "All";
    private static final String FIFO_SUFFIX = ".fifo";
    private static final String PER_GROUP = "perMessageGroupId";
    private static final String PER_QUEUE = "perQueue";
    /** The longest visibility timeout. */
    public static final int MAX_VISIBILITY_SECONDS = 43_200;
    private static final int MIN_MESSAGE_BYTES = 1024;
    private static final int MIN_RETENTION_SECONDS = 60;
    private static final int MAX_POLICY_CHARACTERS = 20_480;
    private static final int MAX_KEPT_CHARACTERS = 8_192;

    /** The settings of a queue that a client creates without attributes: the defaults of Amazon SQS. */
    public static final QueueSettings DEFAULT = new QueueSettings(
            Duration.ofSeconds(30),
            0,
            new RetryPolicy(Duration.ZERO, 1, Duration.ZERO),
            Duration.ZERO,
            Duration.ofDays(4),
            false,
            Optional.empty(),
            QueueSettings.DEFAULT.deadLetterRetention(),
            1,
            QueueSettings.DEFAULT.processedRetention(),
            0,
            QueueSettings.DEFAULT.maxMessageSize(),
            Optional.empty(),
            QueueSettings.DEFAULT.storage(),
            Map.of(),
            Map.of(),
            Optional.empty());

    private final SqsProperties.SqsLimits limits;
    private final QueueAddresses addresses;
    private final Policies policies;

    QueueAttributes(SqsProperties properties, QueueAddresses addresses, Policies policies) {
        this.limits = properties.limits();
        this.addresses = addresses;
        this.policies = policies;
    }

    /**
     * The settings of a queue after attributes were set. An empty text removes an attribute that may be absent.
     *
     * @throws SqsException InvalidAttributeName, InvalidAttributeValue
     */
    public QueueSettings change(QueueSettings before, Map<String, String> attributes) {
        Map<QueueAttribute, String> given = settable(attributes);
        if (before.fifo().isEmpty()) {
            refuseFifo(given);
        }
        QueueSettings timed = before.timed(
                seconds(given, QueueAttribute.VISIBILITY_TIMEOUT, 0, MAX_VISIBILITY_SECONDS)
                        .orElse(before.visibilityTimeout()),
                seconds(given, QueueAttribute.DELAY_SECONDS, 0, limits.delaySeconds()).orElse(before.delay()),
                seconds(given, QueueAttribute.MESSAGE_RETENTION_PERIOD, MIN_RETENTION_SECONDS,
                        limits.retentionSeconds()).orElse(before.retention()),
                number(given, QueueAttribute.MAXIMUM_MESSAGE_SIZE, MIN_MESSAGE_BYTES, limits.messageBytes())
                        .orElse(before.maxMessageSize()));
        return redriven(timed, given)
                .labelled(before.tags(), kept(before.attributes(), given))
                .grouped(before.fifo().map(rules -> rules(rules, given)));
    }

    private static void refuseFifo(Map<QueueAttribute, String> given) {
        given.keySet().stream()
                .filter(attribute -> attribute.handling() == QueueAttribute.Handling.FIFO)
                .findFirst()
                .ifPresent(attribute -> {
                    throw new SqsException(
                            SqsError.INVALID_ATTRIBUTE_NAME,
                            "Unknown Attribute %s. It is for FIFO queues only.".formatted(attribute.wireName()));
                });
    }

    private static FifoRules rules(FifoRules before, Map<QueueAttribute, String> given) {
        return new FifoRules(
                choice(given, QueueAttribute.CONTENT_BASED_DEDUPLICATION, "true", "false")
                        .orElse(before.contentBasedDeduplication()),
                choice(given, QueueAttribute.DEDUPLICATION_SCOPE, "messageGroup", "queue")
                        .orElse(before.deduplicationPerGroup()));
    }

    /** Whether an attribute has the first of its two values; empty when it is not given. */
    private static Optional<Boolean> choice(
            Map<QueueAttribute, String> given, QueueAttribute attribute, String one, String other) {
        return Optional.ofNullable(given.get(attribute)).map(value -> {
            if (!value.equals(one) && !value.equals(other)) {
                throw invalid(attribute, value, "Must be %s or %s.".formatted(one, other));
            }
            return value.equals(one);
        });
    }

    /**
     * The settings of a new queue.
     *
     * @throws SqsException also when only the name or only the attribute FifoQueue tells of a FIFO queue
     */
    public QueueSettings create(String name, Map<String, String> attributes) {
        Map<String, String> others = new HashMap<>(attributes);
        String fifo = others.remove(QueueAttribute.FIFO_QUEUE.wireName());
        if (fifo != null && !fifo.matches("true|false")) {
            throw invalid(QueueAttribute.FIFO_QUEUE, fifo, "Must be true or false.");
        }
        boolean isFifo = "true".equals(fifo);
        if (isFifo != name.endsWith(FIFO_SUFFIX)) {
            throw SqsException.invalid(
                    "QueueName",
                    SafeText.of(name, 100),
                    "The name of a FIFO queue ends with .fifo, and its attribute FifoQueue is true.");
        }
        return change(isFifo ? DEFAULT.grouped(Optional.of(new FifoRules(false, false))) : DEFAULT, others);
    }

    private static Map<QueueAttribute, String> settable(Map<String, String> attributes) {
        Map<QueueAttribute, String> given = new EnumMap<>(QueueAttribute.class);
        attributes.forEach((name, value) -> {
            QueueAttribute attribute = named(name);
            if (attribute.handling() == QueueAttribute.Handling.READ_ONLY
                    || attribute == QueueAttribute.FIFO_QUEUE) {
                throw new SqsException(
                        SqsError.INVALID_ATTRIBUTE_NAME, "The attribute %s cannot be set.".formatted(name));
            }
            given.put(attribute, value);
        });
        return given;
    }

    private static QueueAttribute named(String name) {
        return QueueAttribute.named(name)
                .orElseThrow(() -> new SqsException(
                        SqsError.INVALID_ATTRIBUTE_NAME, "Unknown Attribute %s.".formatted(SafeText.of(name, 100))));
    }

    private static Optional<Duration> seconds(
            Map<QueueAttribute, String> given, QueueAttribute attribute, int low, int high) {
        return number(given, attribute, low, high).map(Duration::ofSeconds);
    }

    private static Optional<Integer> number(
            Map<QueueAttribute, String> given, QueueAttribute attribute, int low, int high) {
        String text = given.get(attribute);
        if (text == null) {
            return Optional.empty();
        }
        if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) < low || Integer.parseInt(text) > high) {
            throw invalid(attribute, text, "Must be between %d and %d.".formatted(low, high));
        }
        return Optional.of(Integer.valueOf(text));
    }

    private QueueSettings redriven(QueueSettings settings, Map<QueueAttribute, String> given) {
        String text = given.get(QueueAttribute.REDRIVE_POLICY);
        if (text == null) {
            return settings;
        }
        Optional<Policies.RedrivePolicy> policy = policies.redrivePolicy(text);
        if (policy.isEmpty() && settings.deadLetterQueue().isEmpty()) {
            // nothing to remove: the queue's own list of dead letters stays
            return settings;
        }
        return settings.redriven(
                policy.map(Policies.RedrivePolicy::target),
                policy.map(Policies.RedrivePolicy::maxReceiveCount).orElse(0));
    }

    /** The attributes that only SQS has, after a change. */
    private Map<String, String> kept(Map<String, String> before, Map<QueueAttribute, String> given) {
        Map<String, String> kept = new HashMap<>(before);
        number(given, QueueAttribute.RECEIVE_MESSAGE_WAIT_TIME_SECONDS, 0, limits.waitSeconds())
                .ifPresent(seconds -> kept.put(
                        QueueAttribute.RECEIVE_MESSAGE_WAIT_TIME_SECONDS.wireName(), seconds.toString()));
        given.forEach((attribute, value) -> {
            if (attribute.handling() == QueueAttribute.Handling.SETTING
                    || attribute.handling() == QueueAttribute.Handling.FIFO) {
                return;
            }
            if (value.isEmpty()) {
                kept.remove(attribute.wireName());
            } else {
                check(attribute, value);
                kept.put(attribute.wireName(), value);
            }
        });
        choice(given, QueueAttribute.FIFO_THROUGHPUT_LIMIT, PER_GROUP, PER_QUEUE)
                .ifPresent(perGroup -> kept.put(
                        QueueAttribute.FIFO_THROUGHPUT_LIMIT.wireName(), perGroup ? PER_GROUP : PER_QUEUE));
        kept.put(QueueAttribute.LAST_MODIFIED_TIMESTAMP.wireName(), Long.toString(Instant.now().getEpochSecond()));
        return kept;
    }

    private void check(QueueAttribute attribute, String value) {
        switch (attribute) {
            case KMS_DATA_KEY_REUSE_PERIOD_SECONDS -> number(Map.of(attribute, value), attribute, 60, 86_400);
            case SQS_MANAGED_SSE_ENABLED -> {
                if (!value.matches("true|false")) {
                    throw invalid(attribute, value, "Must be true or false.");
                }
            }
            case REDRIVE_ALLOW_POLICY -> policies.checkRedriveAllowPolicy(value);
            case POLICY -> policies.object(attribute.wireName(), value);
            default -> {}
        }
        int most = attribute == QueueAttribute.POLICY ? MAX_POLICY_CHARACTERS : MAX_KEPT_CHARACTERS;
        if (value.length() > most) {
            throw invalid(attribute, value, "Must have up to %d characters.".formatted(most));
        }
    }

    private static SqsException invalid(QueueAttribute attribute, String value, String reason) {
        return new SqsException(
                SqsError.INVALID_ATTRIBUTE_VALUE,
                "Value %s for parameter %s is invalid. Reason: %s"
                        .formatted(SafeText.of(value, 100), attribute.wireName(), reason));
    }

    /** The name of the dead letter queue, when these attributes set one. */
    public Optional<String> deadLetterQueue(Map<String, String> attributes) {
        return Optional.ofNullable(attributes.get(QueueAttribute.REDRIVE_POLICY.wireName()))
                .flatMap(policies::redrivePolicy)
                .map(Policies.RedrivePolicy::target);
    }

    /** Whether a dead letter queue takes the messages of a source queue, by its RedriveAllowPolicy. */
    public boolean allowsSource(Queue deadLetterQueue, String source) {
        return policies.allows(
                deadLetterQueue.settings().attributes().get(QueueAttribute.REDRIVE_ALLOW_POLICY.wireName()),
                source);
    }

    /** How long a receive waits that names no time of its own, in seconds. */
    public static int waitSeconds(QueueSettings settings) {
        return Integer.parseInt(settings.attributes()
                .getOrDefault(QueueAttribute.RECEIVE_MESSAGE_WAIT_TIME_SECONDS.wireName(), "0"));
    }

    /**
     * The attributes with these names; {@code All} means all. An attribute that is not set is absent.
     *
     * @throws SqsException InvalidAttributeName
     */
    public Map<String, String> read(Queue queue, QueueCounts counts, Collection<String> names) {
        Map<String, String> all = all(queue, counts);
        if (names.contains(ALL)) {
            return all;
        }
        Map<String, String> wanted = new LinkedHashMap<>();
        for (String name : names) {
            String value = all.get(named(name).wireName());
            if (value != null) {
                wanted.put(name, value);
            }
        }
        return wanted;
    }

    private Map<String, String> all(Queue queue, QueueCounts counts) {
        QueueSettings settings = queue.settings();
        Map<QueueAttribute, String> all = new EnumMap<>(QueueAttribute.class);
        all.put(QueueAttribute.VISIBILITY_TIMEOUT, seconds(settings.visibilityTimeout()));
        all.put(QueueAttribute.MAXIMUM_MESSAGE_SIZE, Integer.toString(settings.maxMessageSize()));
        all.put(QueueAttribute.MESSAGE_RETENTION_PERIOD, seconds(settings.retention()));
        all.put(QueueAttribute.DELAY_SECONDS, seconds(settings.delay()));
        all.put(QueueAttribute.RECEIVE_MESSAGE_WAIT_TIME_SECONDS, Integer.toString(waitSeconds(settings)));
        settings.deadLetterQueue()
                .filter(target -> settings.maxDeliveries() > 0)
                .ifPresent(target -> all.put(
                        QueueAttribute.REDRIVE_POLICY,
                        policies.text(addresses.arn(target), settings.maxDeliveries())));
        settings.fifo().ifPresent(rules -> {
            all.put(QueueAttribute.FIFO_QUEUE, "true");
            all.put(QueueAttribute.CONTENT_BASED_DEDUPLICATION, Boolean.toString(rules.contentBasedDeduplication()));
            all.put(QueueAttribute.DEDUPLICATION_SCOPE, rules.deduplicationPerGroup() ? "messageGroup" : "queue");
            all.put(QueueAttribute.FIFO_THROUGHPUT_LIMIT, PER_QUEUE);
        });
        all.put(QueueAttribute.APPROXIMATE_NUMBER_OF_MESSAGES, count(counts, QueueCounter.READY));
        all.put(QueueAttribute.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE, count(counts, QueueCounter.IN_FLIGHT));
        all.put(QueueAttribute.APPROXIMATE_NUMBER_OF_MESSAGES_DELAYED, count(counts, QueueCounter.DELAYED));
        all.put(QueueAttribute.CREATED_TIMESTAMP, Long.toString(queue.createdAt().getEpochSecond()));
        all.put(QueueAttribute.LAST_MODIFIED_TIMESTAMP, Long.toString(queue.createdAt().getEpochSecond()));
        all.put(QueueAttribute.QUEUE_ARN, addresses.arn(queue.name()));
        Map<String, String> result = new LinkedHashMap<>();
        all.forEach((attribute, value) -> result.put(attribute.wireName(), value));
        result.putAll(settings.attributes());
        return result;
    }

    private static String seconds(Duration time) {
        return Long.toString(time.toSeconds());
    }

    private static String count(QueueCounts counts, QueueCounter counter) {
        return Long.toString(counts.get(counter));
    }

    /** The first of the given attributes with which a queue does not agree; empty when it agrees with all of them. */
    public Optional<String> conflict(Queue queue, Map<String, String> given) {
        Map<String, String> settable = new HashMap<>(given);
        settable.remove(QueueAttribute.FIFO_QUEUE.wireName());
        settable(settable);
        Map<String, String> present = all(queue, QueueCounts.ZERO);
        // as when a queue is created: false says that it is a standard queue
        present.putIfAbsent(QueueAttribute.FIFO_QUEUE.wireName(), "false");
        return given.entrySet().stream()
                .filter(entry -> !policies.sameMeaning(
                        entry.getKey(), present.getOrDefault(entry.getKey(), ""), entry.getValue()))
                .map(Map.Entry::getKey)
                .findFirst();
    }
}
