package dev.rowmq.store.edit;

import dev.rowmq.store.DeadLetterTarget;

/** A change of messages of one queue, or of its dead letters. Messages in flight are left alone. */
public sealed interface MessageEdit {

    /** Removes ready and delayed messages. */
    record DeleteMessages() implements MessageEdit {}

    /** Makes delayed messages ready. */
    record MakeReady() implements MessageEdit {}

    /** Moves ready and delayed messages into another queue, as if they were sent there now with the same ids. */
    record MoveTo(DeadLetterTarget.OtherQueue target) implements MessageEdit {}

    /** Removes dead letters. */
    record DeleteDeadLetters() implements MessageEdit {}

    /** Moves dead letters into another queue, as if they were sent there now with the same ids. */
    record MoveDeadLetters(DeadLetterTarget.OtherQueue target) implements MessageEdit {}
}
