package dev.rowmq.support;

import java.nio.ByteBuffer;

/**
 * The requests of one connection and the handling of their answers. Called only by the single thread of
 * {@link LoadClient}.
 */
public interface Conversation {

    /** The next complete request; null = none at present, to be called again after the next answer. */
    ByteBuffer next();

    /**
     * Handles the answer to the last request.
     *
     * @param status HTTP status
     * @param bytes  holds the answer's body, from index {@code from} to {@code to}
     * @return number of messages (or requests) completed by this answer, 0 or more
     */
    int answered(int status, byte[] bytes, int from, int to);
}
