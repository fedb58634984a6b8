package dev.rowmq.support;

import java.nio.ByteBuffer;

/** What one connection says, and what it makes of the answers. Called by the one thread of {@link LoadClient} only. */
public interface Conversation {

    /** The next request, whole; null = not now, ask again when something was answered. */
    ByteBuffer next();

    /**
     * The answer to it.
     *
     * @param status HTTP status
     * @param bytes  holds the answer's body
     * @return messages (or requests) done with it, 0 or more
     */
    int answered(int status, byte[] bytes, int from, int to);
}
