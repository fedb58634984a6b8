package dev.rowmq.model.queue;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;

import java.util.regex.Pattern;

/**
 * The rule for the names of queues, topics and subscriptions: 1 to 80 characters of {@code A-Z a-z 0-9 _ - .}, and not
 * only dots.
 */
public final class ResourceName {

    private static final Pattern VALID = Pattern.compile("(?!\\.+$)[A-Za-z0-9_.-]{1,80}");

    private ResourceName() {}

    /**
     * Returns the name of a queue.
     *
     * @throws QueueException {@link ErrorCode#INVALID_QUEUE_NAME}
     */
    public static String checked(String name) {
        return checked("queue", name, ErrorCode.INVALID_QUEUE_NAME);
    }

    /**
     * Returns the name of a topic.
     *
     * @throws QueueException {@link ErrorCode#INVALID_TOPIC_NAME}
     */
    public static String checkedTopic(String name) {
        return checked("topic", name, ErrorCode.INVALID_TOPIC_NAME);
    }

    /**
     * Returns the name of a subscription.
     *
     * @throws QueueException {@link ErrorCode#INVALID_SUBSCRIPTION_NAME}
     */
    public static String checkedSubscription(String name) {
        return checked("subscription", name, ErrorCode.INVALID_SUBSCRIPTION_NAME);
    }

    private static String checked(String what, String name, ErrorCode otherwise) {
        if (name == null || !VALID.matcher(name).matches()) {
            throw new QueueException(
                    otherwise,
                    what,
                    "'%s' is not a %s name; allowed are 1 to 80 of A-Z a-z 0-9 _ - . and not only dots"
                            .formatted(SafeText.of(String.valueOf(name), 100), what));
        }
        return name;
    }
}
