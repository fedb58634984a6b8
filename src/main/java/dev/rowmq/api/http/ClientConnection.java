package dev.rowmq.api.http;

import jakarta.servlet.http.HttpServletRequest;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.coyote.ActionCode;
import org.apache.coyote.Request;
import org.apache.tomcat.util.net.SocketWrapperBase;

/** One connection of the web server: what it is doing, since when, and whether the client has closed it. */
public final class ClientConnection {

    private static final String ATTRIBUTE = ClientConnection.class.getName();

    /** Time for a request's line and headers, from their first byte. */
    private static final long HEAD_NANOS = 10_000_000_000L;
    /** Time for a request's body, beyond what {@link #BYTES_PER_SECOND} allows for what has come of it. */
    private static final long BODY_NANOS = 30_000_000_000L;
    /** Time for the rest of a body that nothing reads any more, after a refusal. */
    private static final long REST_NANOS = 5_000_000_000L;

    private static final long BYTES_PER_SECOND = 16 * 1024;
    private static final long SECOND = 1_000_000_000L;
    /** A head that takes longer than this is slow; one from an honest client comes in one packet. */
    private static final long SLOW_HEAD_NANOS = 250_000_000L;

    /** Rank of a connection that must not be cut. */
    static final int NEVER = 9;

    enum Phase {
        /** A request's line and headers are being received. */
        HEAD,
        /** A request is being served; its body may still be coming. */
        REQUEST,
        /** The answer is written; the web server reads what is left of the body. */
        REST,
        /** Between two requests. */
        IDLE
    }

    /**
     * @param since   in terms of {@link System#nanoTime}
     * @param request null unless the phase is REQUEST
     */
    record State(Phase phase, long since, Request request) {}

    private final SocketChannel channel;
    private volatile State state = new State(Phase.HEAD, System.nanoTime(), null);
    /** Used by the thread that serves the connection only. */
    private SocketWrapperBase<?> socket;

    ClientConnection(SocketChannel channel) {
        this.channel = channel;
    }

    /** The connection of a request; null for one that did not come through {@link GuardedHttpProtocol}. */
    public static ClientConnection of(HttpServletRequest request) {
        return (ClientConnection) request.getAttribute(ATTRIBUTE);
    }

    /**
     * Whether the client has closed the connection or its sending half, or broken it off. To be called by the thread
     * that serves the request, after the request's body was read. What is read ahead stays in the web server's own
     * buffer.
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

    State state() {
        return state;
    }

    void serve(SocketWrapperBase<?> wrapper) {
        socket = wrapper;
        if (state.phase() != Phase.HEAD) {
            enter(Phase.HEAD);
        }
    }

    void enter(Phase phase) {
        state = new State(phase, System.nanoTime(), null);
    }

    void begin(Request request) {
        state = new State(Phase.REQUEST, System.nanoTime(), request);
        request.setAttribute(ATTRIBUTE, this);
    }

    boolean open() {
        return channel.isOpen() && !channel.socket().isInputShutdown();
    }

    /** Lets the next read find the end of the input, so that the web server closes the connection. For any thread. */
    void cut() {
        try {
            channel.shutdownInput();
        } catch (IOException closedAlready) {
            // which is what was wanted
        }
    }

    /** Whether what is being received takes longer than it may. */
    boolean late(long now) {
        State seen = state;
        long age = now - seen.since();
        boolean late =
                switch (seen.phase()) {
                    case IDLE -> false;
                    case HEAD -> age > HEAD_NANOS;
                    case REST -> age > REST_NANOS;
                    case REQUEST -> age > BODY_NANOS && slow(seen, age - BODY_NANOS);
                };
        return late && state == seen;
    }

    /**
     * Which connection is cut first when there are too many: 0 slow senders, 1 idle ones, 2 new ones, {@link #NEVER}.
     */
    int rank(State seen, long now) {
        long age = now - seen.since();
        return switch (seen.phase()) {
            case HEAD -> age > SLOW_HEAD_NANOS ? 0 : 2;
            case IDLE -> 1;
            case REST -> age > SECOND ? 0 : NEVER;
            case REQUEST -> age > SECOND && slow(seen, age) ? 0 : NEVER;
        };
    }

    private static boolean slow(State seen, long nanos) {
        return nanos > seen.request().getBytesRead() * SECOND / BYTES_PER_SECOND && bodyIsComing(seen.request());
    }

    private static boolean bodyIsComing(Request request) {
        AtomicBoolean whole = new AtomicBoolean();
        try {
            request.action(ActionCode.REQUEST_BODY_FULLY_READ, whole);
            return !whole.get();
        } catch (RuntimeException endedMeanwhile) {
            // this thread does not own the request
            return false;
        }
    }
}
