package dev.rowmq.api.http.connection;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.atomic.AtomicInteger;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Wakes waiting requests (long polls, streams) when their client closes the connection. One selector for all of them
 * costs a hundredth of polling each connection a few times a second.
 */
@Component
public class ClientWatch implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ClientWatch.class);

    /** Interval between selections; a selector applies a new interest only at its next selection. */
    private static final long ROUND_MILLIS = 100;

    private final Selector selector;
    private final AtomicInteger watched = new AtomicInteger();
    private final Thread thread;
    private volatile boolean closed;

    ClientWatch() {
        try {
            selector = Selector.open();
        } catch (IOException noDescriptorLeft) {
            throw new UncheckedIOException(noDescriptorLeft);
        }
        thread = Thread.ofPlatform().daemon().name("rowmq-clients").start(this::run);
    }

    /** Ends a watch. */
    public interface Watch extends AutoCloseable {

        @Override
        void close();
    }

    private record Waiting(Runnable readable) {}

    /**
     * Watches a connection whose request was read. {@code readable} is called once, when the client has closed the
     * connection or has sent the beginning of another request; {@link ClientConnection#gone} distinguishes the two. The
     * call comes from another thread, or from the calling thread when the connection is closed already.
     *
     * @param connection null = no connection is watched
     */
    public Watch watch(ClientConnection connection, Runnable readable) {
        if (connection == null) {
            return () -> {};
        }
        try {
            SelectionKey key = connection.channel().keyFor(selector);
            if (key == null || !key.isValid()) {
                key = connection.channel().register(selector, SelectionKey.OP_READ, new Waiting(readable));
            } else {
                key.attach(new Waiting(readable));
                key.interestOps(SelectionKey.OP_READ);
            }
            if (watched.getAndIncrement() == 0) {
                selector.wakeup();
            }
            SelectionKey own = key;
            return () -> unwatch(own);
        } catch (ClosedChannelException | CancelledKeyException goneAlready) {
            readable.run();
            return () -> {};
        }
    }

    private void unwatch(SelectionKey key) {
        watched.decrementAndGet();
        try {
            key.interestOps(0);
            key.attach(null);
        } catch (CancelledKeyException closedMeanwhile) {
            // a closed connection is no longer watched
        }
    }

    private void run() {
        while (!closed) {
            try {
                // while no connection is watched, a selection only releases closed connections
                selector.select(ClientWatch::ready, watched.get() > 0 ? ROUND_MILLIS : 10 * ROUND_MILLIS);
            } catch (ClosedSelectorException stopped) {
                return;
            } catch (IOException | RuntimeException failure) {
                log.debug("a round of the watch on clients failed", failure);
            }
        }
    }

    private static void ready(SelectionKey key) {
        try {
            key.interestOps(0);
        } catch (CancelledKeyException closedMeanwhile) {
            // the call below reports the closed connection
        }
        if (key.attachment() instanceof Waiting waiting) {
            waiting.readable().run();
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        selector.close();
    }
}
