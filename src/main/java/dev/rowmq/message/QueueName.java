package dev.rowmq.message;

import java.util.regex.Pattern;

/** The rule for queue names: 1 to 80 of {@code A-Z a-z 0-9 _ - .}, and not only dots. */
public final class QueueName {

    private static final Pattern VALID = Pattern.compile("(?!\\.+$)[A-Za-z0-9_.-]{1,80}");

    private QueueName() {}

    /** Returns the name. @throws Refusal {@link ErrorCode#INVALID_QUEUE_NAME} */
    public static String checked(String name) {
        if (!VALID.matcher(name).matches()) {
            throw new Refusal(
                    ErrorCode.INVALID_QUEUE_NAME,
                    "queue",
                    "'%s' is not a queue name; allowed are 1 to 80 of A-Z a-z 0-9 _ - . and not only dots"
                            .formatted(Printable.of(name, 100)));
        }
        return name;
    }
}
