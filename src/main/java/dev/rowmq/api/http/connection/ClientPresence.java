package dev.rowmq.api.http.connection;

import jakarta.servlet.http.HttpServletRequest;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Checks whether the client of a receive is still connected. */
public final class ClientPresence implements BooleanSupplier {

    private final ClientConnection client;
    private int asked;

    private ClientPresence(ClientConnection client) {
        this.client = client;
    }

    public static ClientPresence of(HttpServletRequest request) {
        return new ClientPresence(ClientConnection.of(request));
    }

    /** Unparks the calling thread when the client closes the connection; without a wait, nothing is watched. */
    public ClientWatch.Watch watch(ClientWatch clients, Duration wait) {
        Thread receiver = Thread.currentThread();
        return clients.watch(wait.isZero() ? null : client, () -> LockSupport.unpark(receiver));
    }

    /**
     * Returns true before the first look for messages without a check, because a client that closes its sending
     * half after the request may expect a response.
     */
    @Override
    public boolean getAsBoolean() {
        asked++;
        return asked == 1 || there();
    }

    /** Whether to write the leased messages; messages of the first look are always written. */
    public boolean wanted() {
        return asked <= 1 || there();
    }

    private boolean there() {
        return client == null || !client.gone();
    }
}
