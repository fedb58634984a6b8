package dev.rowmq.api.sqs;

import dev.rowmq.api.sqs.action.MoveTaskActions;
import dev.rowmq.api.sqs.action.QueueActions;
import dev.rowmq.api.sqs.action.ReceiveActions;
import dev.rowmq.api.sqs.action.SendActions;
import dev.rowmq.api.sqs.action.SettlementActions;
import dev.rowmq.api.sqs.protocol.SqsCall;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;

import org.springframework.stereotype.Component;

import tools.jackson.databind.node.ObjectNode;

/** Calls the method of each action. */
@Component
class SqsActions {

    private final QueueActions queues;
    private final SendActions sends;
    private final ReceiveActions receives;
    private final SettlementActions settlements;
    private final MoveTaskActions moveTasks;

    SqsActions(
            QueueActions queues, SendActions sends, ReceiveActions receives, SettlementActions settlements,
            MoveTaskActions moveTasks) {
        this.queues = queues;
        this.sends = sends;
        this.receives = receives;
        this.settlements = settlements;
        this.moveTasks = moveTasks;
    }

    /** Runs the action; the result of a receive has leases that end if it is not delivered. */
    ReceiveActions.Received run(SqsCall call) {
        return switch (call.action()) {
            case RECEIVE_MESSAGE -> receives.receiveMessage(call);
            default -> new ReceiveActions.Received(other(call), true, () -> {});
        };
    }

    private ObjectNode other(SqsCall call) {
        return switch (call.action()) {
            case RECEIVE_MESSAGE -> throw new IllegalArgumentException("has a response of its own");
            case SEND_MESSAGE -> sends.sendMessage(call);
            case SEND_MESSAGE_BATCH -> sends.sendMessageBatch(call);
            case DELETE_MESSAGE -> settlements.deleteMessage(call);
            case DELETE_MESSAGE_BATCH -> settlements.deleteMessageBatch(call);
            case CHANGE_MESSAGE_VISIBILITY -> settlements.changeMessageVisibility(call);
            case CHANGE_MESSAGE_VISIBILITY_BATCH -> settlements.changeMessageVisibilityBatch(call);
            case CREATE_QUEUE -> queues.createQueue(call);
            case GET_QUEUE_URL -> queues.getQueueUrl(call);
            case LIST_QUEUES -> queues.listQueues(call);
            case DELETE_QUEUE -> queues.deleteQueue(call);
            case GET_QUEUE_ATTRIBUTES -> queues.getQueueAttributes(call);
            case SET_QUEUE_ATTRIBUTES -> queues.setQueueAttributes(call);
            case PURGE_QUEUE -> queues.purgeQueue(call);
            case TAG_QUEUE -> queues.tagQueue(call);
            case UNTAG_QUEUE -> queues.untagQueue(call);
            case LIST_QUEUE_TAGS -> queues.listQueueTags(call);
            case LIST_DEAD_LETTER_SOURCE_QUEUES -> queues.listDeadLetterSourceQueues(call);
            case ADD_PERMISSION, REMOVE_PERMISSION -> throw new SqsException(
                    SqsError.UNSUPPORTED_OPERATION,
                    "%s is not supported: access is by the keys in rowmq.security.api-keys."
                            .formatted(call.action().wireName()));
            case START_MESSAGE_MOVE_TASK -> moveTasks.startMessageMoveTask(call);
            case LIST_MESSAGE_MOVE_TASKS -> moveTasks.listMessageMoveTasks(call);
            case CANCEL_MESSAGE_MOVE_TASK -> moveTasks.cancelMessageMoveTask(call);
        };
    }
}
