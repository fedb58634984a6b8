package dev.rowmq.api.sqs.protocol;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The actions of Amazon SQS's API, version 2012-11-05, with the roles that may call them. */
public enum SqsAction {
    CREATE_QUEUE("CreateQueue"),
    GET_QUEUE_URL("GetQueueUrl", "SEND", "RECEIVE", "READ"),
    LIST_QUEUES("ListQueues", "SEND", "RECEIVE", "READ"),
    DELETE_QUEUE("DeleteQueue"),
    GET_QUEUE_ATTRIBUTES("GetQueueAttributes", "SEND", "RECEIVE", "READ"),
    SET_QUEUE_ATTRIBUTES("SetQueueAttributes"),
    SEND_MESSAGE("SendMessage", "SEND"),
    SEND_MESSAGE_BATCH("SendMessageBatch", "SEND"),
    RECEIVE_MESSAGE("ReceiveMessage", "RECEIVE"),
    DELETE_MESSAGE("DeleteMessage", "RECEIVE"),
    DELETE_MESSAGE_BATCH("DeleteMessageBatch", "RECEIVE"),
    CHANGE_MESSAGE_VISIBILITY("ChangeMessageVisibility", "RECEIVE"),
    CHANGE_MESSAGE_VISIBILITY_BATCH("ChangeMessageVisibilityBatch", "RECEIVE"),
    PURGE_QUEUE("PurgeQueue"),
    TAG_QUEUE("TagQueue"),
    UNTAG_QUEUE("UntagQueue"),
    LIST_QUEUE_TAGS("ListQueueTags", "READ"),
    ADD_PERMISSION("AddPermission"),
    REMOVE_PERMISSION("RemovePermission"),
    LIST_DEAD_LETTER_SOURCE_QUEUES("ListDeadLetterSourceQueues", "READ"),
    START_MESSAGE_MOVE_TASK("StartMessageMoveTask"),
    LIST_MESSAGE_MOVE_TASKS("ListMessageMoveTasks", "READ"),
    CANCEL_MESSAGE_MOVE_TASK("CancelMessageMoveTask");

    private static final String ADMIN = "ADMIN";
    private static final Map<String, SqsAction> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toMap(SqsAction::wireName, Function.identity()));

    private final String wireName;
    private final Set<String> roles;

    SqsAction(String wireName, String... roles) {
        this.wireName = wireName;
        this.roles = Set.of(roles);
    }

    public String wireName() {
        return wireName;
    }

    /** Whether a caller with this role may call the action. */
    public boolean isAllowedFor(String role) {
        return role.equals(ADMIN) || roles.contains(role);
    }

    /** Whether it changes more than messages: only an admin may call it, and it is in the audit. */
    public boolean isChange() {
        return roles.isEmpty();
    }

    public static Optional<SqsAction> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }
}
