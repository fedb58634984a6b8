package dev.rowmq.api.sqs.action;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.regex.Pattern;

/** The MessageId of a message, which has the form of a UUID: clients parse it as one. */
final class MessageIds {

    private static final Pattern UUID_FORM =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private MessageIds() {}

    /** Returns an id that is a UUID as it is, and any other as a UUID made of it (RFC 9562, version 3). */
    static String of(String id) {
        return UUID_FORM.matcher(id).matches()
                ? id
                : UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
