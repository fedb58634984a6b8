package dev.rowmq.message;

/** Told when messages of a queue can be received that could not before. */
@FunctionalInterface
public interface Arrivals {

    /**
     * @param queueId  the queue
     * @param messages how many, at least 1
     * @param cameBack true when they may stand before messages that were delivered already
     */
    void arrived(int queueId, int messages, boolean cameBack);
}
