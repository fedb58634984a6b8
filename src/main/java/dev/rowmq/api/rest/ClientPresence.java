package dev.rowmq.api.rest;

import dev.rowmq.api.http.ClientConnection;

import java.util.function.BooleanSupplier;

/** Checks whether the client of a receive is still connected. */
final class ClientPresence implements BooleanSupplier {

    private final ClientConnection client;
    private int asked;

    ClientPresence(ClientConnection client) {
        this.client = client;
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
    boolean wanted() {
        return asked <= 1 || there();
    }

    private boolean there() {
        return client == null || !client.gone();
    }
}
