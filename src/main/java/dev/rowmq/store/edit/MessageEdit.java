package dev.rowmq.store.edit;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.DeadLetterTarget;

import java.util.List;

/** A change of messages. Messages in flight are left alone. */
public sealed interface MessageEdit {

    /** Removes messages or dead letters. */
    record DeleteMessages() implements MessageEdit {}

    /** Makes delayed messages ready. */
    record MakeReady() implements MessageEdit {}

    /** Puts dead letters back into their queue, as if they had never been delivered. */
    record PutBack() implements MessageEdit {}

    /**
     * Moves messages or dead letters into another queue, with new positions and the same ids. They are ready there at
     * once, and its bounds on number and size do not count.
     */
    record MoveTo(DeadLetterTarget.OtherQueue target) implements MessageEdit {}

    /**
     * The result of an edit.
     *
     * @param done messages that were changed
     * @param rest messages that were not looked at, as the bodies of the others fill a transaction
     */
    record Edited(List<MessageKey> done, List<MessageKey> rest) {}
}
