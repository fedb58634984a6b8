package dev.rowmq.api.http.connection;

import dev.rowmq.api.http.connection.ClientConnection.Phase;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

import org.apache.coyote.ActionCode;
import org.apache.coyote.Adapter;
import org.apache.coyote.Processor;
import org.apache.coyote.Request;
import org.apache.coyote.Response;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.coyote.http11.Http11Processor;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * Tomcat's HTTP/1.1 with a deadline for the whole of a request's head and body. Tomcat's own timeouts start again with
 * each byte, so that a few thousand connections that send a byte every two seconds would keep all other clients out.
 * When the maximum number of connections is reached, one is closed: a slow sender if there is one, else an idle
 * connection, else a new one, each time the one longest in its phase. Tomcat creates this class by its name.
 */
public final class GuardedHttpProtocol extends Http11NioProtocol {

    private static final long SWEEP_MILLIS = 500;
    private static final long QUIET_NANOS = 100_000_000;
    /** Maximum time for which a stop waits for quiet connections; running requests have a limit of their own. */
    private static final long DRAIN_NANOS = 2_000_000_000;

    private ScheduledFuture<?> sweeping;

    public GuardedHttpProtocol() {
        super(new Endpoint());
    }

    private Endpoint guarded() {
        return (Endpoint) (Object) getEndpoint();
    }

    @Override
    protected Processor createProcessor() {
        return new GuardedProcessor(this, new Gate(getAdapter()), guarded().connections);
    }

    @Override
    public void start() throws Exception {
        super.start();
        sweeping = getUtilityExecutor().scheduleWithFixedDelay(guarded()::sweep, SWEEP_MILLIS, SWEEP_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    @Override
    public void stop() throws Exception {
        if (sweeping != null) {
            sweeping.cancel(false);
        }
        super.stop();
    }

    /**
     * Begins an orderly stop. New connections are no longer accepted. A request that a proxy or a client has just sent
     * on an open connection is still answered, by a response that closes the connection. Tomcat's own pause closes the
     * connections of the requests that are being served, although their responses promised to keep them. A proxy that
     * has sent the next request by then answers 502, because that request may have been carried out. A connection that
     * the operating system has accepted and the service has not is still reset.
     */
    @Override
    public void pause() throws Exception {
        closeServerSocketGraceful();
        guarded().awaitQuiet();
        super.pause();
    }

    /** Tracks every connection from its accept until it is closed. */
    private static final class Endpoint extends NioEndpoint {

        final Map<SocketChannel, ClientConnection> connections = new ConcurrentHashMap<>();

        @Override
        protected boolean setSocketOptions(SocketChannel channel) {
            connections.put(channel, new ClientConnection(channel));
            return super.setSocketOptions(channel);
        }

        /** Called before each accept. */
        @Override
        protected void countUpOrAwaitConnection() throws InterruptedException {
            makeRoom();
            super.countUpOrAwaitConnection();
        }

        private void makeRoom() {
            if (getMaxConnections() < 0 || getConnectionCount() < getMaxConnections()) {
                return;
            }
            long now = System.nanoTime();
            ClientConnection chosen = null;
            ClientConnection.ConnectionState chosenState = null;
            int chosenRank = ClientConnection.NEVER;
            for (ClientConnection connection : connections.values()) {
                ClientConnection.ConnectionState state = connection.state();
                int rank = connection.rank(state, now);
                boolean before = rank < chosenRank
                        || rank == chosenRank && chosen != null && state.since() - chosenState.since() < 0;
                if (before && connection.open()) {
                    chosen = connection;
                    chosenState = state;
                    chosenRank = rank;
                }
            }
            if (chosen != null && chosen.state() == chosenState) {
                chosen.cut();
            }
        }

        /**
         * Waits until no connection has changed its phase for {@link #QUIET_NANOS} and no request younger than {@link
         * #DRAIN_NANOS} is being served. Returns after {@link #DRAIN_NANOS} at the latest, and at once when the thread
         * is interrupted.
         */
        void awaitQuiet() {
            long deadline = System.nanoTime() + DRAIN_NANOS;
            while (usedLately() && System.nanoTime() - deadline < 0 && !Thread.currentThread().isInterrupted()) {
                LockSupport.parkNanos(QUIET_NANOS / 10);
            }
        }

        private boolean usedLately() {
            long now = System.nanoTime();
            return connections.values().stream()
                    .filter(ClientConnection::open)
                    .map(ClientConnection::state)
                    .anyMatch(state -> now - state.since()
                            < (state.phase() == Phase.REQUEST ? DRAIN_NANOS : QUIET_NANOS));
        }

        void sweep() {
            long now = System.nanoTime();
            connections.forEach((channel, connection) -> {
                if (!channel.isOpen()) {
                    connections.remove(channel, connection);
                } else if (connection.late(now) && connection.open()) {
                    connection.cut();
                }
            });
            makeRoom();
        }
    }

    /** Records the phase of each connection. */
    private static final class GuardedProcessor extends Http11Processor {

        private final Gate gate;
        private final Map<SocketChannel, ClientConnection> connections;

        GuardedProcessor(GuardedHttpProtocol protocol, Gate gate, Map<SocketChannel, ClientConnection> connections) {
            super(protocol, gate);
            this.gate = gate;
            this.connections = connections;
        }

        @Override
        public SocketState service(SocketWrapperBase<?> socket) throws IOException {
            ClientConnection connection = connections.get(((NioChannel) socket.getSocket()).getIOChannel());
            if (connection == null) {
                // the connection was closed meanwhile
                return super.service(socket);
            }
            connection.serve(socket);
            gate.connection = connection;
            try {
                SocketState state = super.service(socket);
                if (connection.state().phase() == Phase.REST) {
                    connection.enter(state == SocketState.OPEN ? Phase.IDLE : Phase.HEAD);
                }
                return state;
            } finally {
                gate.connection = null;
            }
        }
    }

    /** Adapter between a processor, which has read a request's head, and the servlet container. */
    private static final class Gate implements Adapter {

        private final Adapter adapter;
        private ClientConnection connection;

        Gate(Adapter adapter) {
            this.adapter = adapter;
        }

        @Override
        public void service(Request request, Response response) throws Exception {
            ClientConnection serving = connection;
            if (serving == null) {
                adapter.service(request, response);
                return;
            }
            serving.begin(request);
            try {
                adapter.service(request, response);
            } finally {
                AtomicBoolean async = new AtomicBoolean();
                request.action(ActionCode.ASYNC_IS_ASYNC, async);
                if (!async.get()) {
                    serving.enter(Phase.REST);
                }
            }
        }

        @Override
        public boolean prepare(Request request, Response response) throws Exception {
            return adapter.prepare(request, response);
        }

        @Override
        public boolean asyncDispatch(Request request, Response response, SocketEvent event) throws Exception {
            return adapter.asyncDispatch(request, response, event);
        }

        @Override
        public void log(Request request, Response response, long time) {
            adapter.log(request, response, time);
        }

        @Override
        public void checkRecycled(Request request, Response response) {
            adapter.checkRecycled(request, response);
        }

        @Override
        public String getDomain() {
            return adapter.getDomain();
        }
    }
}
