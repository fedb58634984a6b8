package dev.rowmq.api.http.connection;

import jakarta.servlet.http.HttpServletRequest;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.coyote.ActionCode;
import org.apache.coyote.Request;
import org.apache.tomcat.util.net.SocketWrapperBase;

/** One connection of the web server: its phase, the start of that phase, and whether the client has closed it. */
public final class ClientConnection {

    private static final String ATTRIBUTE = ClientConnection.class.getName();

    /** Time limit for a request's line and headers, from their first byte. */
    private static final long HEAD_NANOS = 10_000_000_000L;
    /** Time limit for a request's body, on top of one second per {@link #BYTES_PER_SECOND} received. */
    private static final long BODY_NANOS = 30_000_000_000L;
    /** Time limit for the remainder of a body that Tomcat discards after the response, for example after a refusal. */
    private static final long REST_NANOS = 5_000_000_000L;

    private static final long BYTES_PER_SECOND = 16 * 1024;
    private static final long SECOND = 1_000_000_000L;
    /** A head that takes longer than this is slow; an honest client sends its head in one packet. */
    private static final long SLOW_HEAD_NANOS = 250_000_000L;

    /** Rank of a connection that must not be closed. */
    static final int NEVER = 9;

    enum Phase {
        /**
         * Accepted; nothing was read yet. How long this takes says nothing about the client: a busy service comes late
         * to a request that arrived whole. Tomcat's connection timeout ends connections that send nothing. When there
         * are too many connections, an old one in this phase is closed like a slow sender: most of them are silent.
         */
        ACCEPTED,
        /** A request's line and headers are being received; at least one byte has arrived. */
        HEAD,
        /** A request is being served; parts of its body may still be on their way. */
        REQUEST,
        /** The response is written; the web server reads and discards the remainder of the body. */
        REST,
        /** Between two requests. */
        IDLE
    }

    /**
     * @param since    start of the phase, in terms of {@link System#nanoTime}
     * @param request  null unless the phase is REQUEST
     * @param bodyRead set when the body was seen to be read to its end, which it then stays; null as {@code request}
     */
    record ConnectionState(Phase phase, long since, Request request, AtomicBoolean bodyRead) {}

    private final SocketChannel channel;
    private volatile ConnectionState state = new ConnectionState(Phase.ACCEPTED, System.nanoTime(), null, null);
    /** Used only by the thread that serves the connection. */
    private SocketWrapperBase<?> socket;

    ClientConnection(SocketChannel channel) {
        this.channel = channel;
    }

    /** The connection of a request; null when the request did not come through {@link GuardedHttpProtocol}. */
    public static ClientConnection of(HttpServletRequest request) {
        return (ClientConnection) request.getAttribute(ATTRIBUTE);
    }

    /**
     * Whether the client has closed or reset the connection, or closed its sending half. Must be called by the thread
     * that serves the request, after the request's body was read. Bytes read ahead stay in the web server's own buffer.
     */
    public boolean gone() {
        try {
            socket.isReadyForRead();
            return false;
        } catch (IOException closed) {
            return true;
        }
    }

    SocketChannel channel() {
        return channel;
    }

    ConnectionState state() {
        return state;
    }

    void serve(SocketWrapperBase<?> wrapper) {
        socket = wrapper;
        if (state.phase() != Phase.HEAD) {
            enter(Phase.HEAD);
        }
    }

    void enter(Phase phase) {
        state = new ConnectionState(phase, System.nanoTime(), null, null);
    }

    void begin(Request request) {
        state = new ConnectionState(Phase.REQUEST, System.nanoTime(), request, new AtomicBoolean());
        request.setAttribute(ATTRIBUTE, this);
    }

    boolean open() {
        return channel.isOpen() && !channel.socket().isInputShutdown();
    }

    /**
     * Shuts down the input, so that the next read returns its end and the web server closes the connection. May be
     * called by any thread.
     */
    void cut() {
        try {
            channel.shutdownInput();
        } catch (IOException closedAlready) {
            // the connection is closed already, as intended
        }
    }

    /** Whether the head or the body that is being received has exceeded its time limit. */
    boolean late(long now) {
        ConnectionState seen = state;
        long age = now - seen.since();
        boolean late =
                switch (seen.phase()) {
                    case ACCEPTED, IDLE -> false;
                    case HEAD -> age > HEAD_NANOS;
                    case REST -> age > REST_NANOS;
                    case REQUEST -> age > BODY_NANOS && slow(seen, age - BODY_NANOS);
                };
        return late && state == seen;
    }

    /**
     * The order in which connections are closed when there are too many: 0 slow senders, 1 idle connections, 2 new
     * connections, {@link #NEVER} all others.
     */
    int rank(ConnectionState seen, long now) {
        long age = now - seen.since();
        return switch (seen.phase()) {
            case ACCEPTED, HEAD -> age > SLOW_HEAD_NANOS ? 0 : 2;
            case IDLE -> 1;
            case REST -> age > SECOND ? 0 : NEVER;
            case REQUEST -> age > SECOND && slow(seen, age) ? 0 : NEVER;
        };
    }

    private static boolean slow(ConnectionState seen, long nanos) {
        return !seen.bodyRead().get()
                && nanos > seen.request().getBytesRead() * SECOND / BYTES_PER_SECOND
                && bodyIsComing(seen);
    }

    private static boolean bodyIsComing(ConnectionState seen) {
        try {
            seen.request().action(ActionCode.REQUEST_BODY_FULLY_READ, seen.bodyRead());
            return !seen.bodyRead().get();
        } catch (RuntimeException endedMeanwhile) {
            // this thread does not own the request, which may end during the call
            return false;
        }
    }
}
