package dev.rowmq.api.rest.json;

/** A response whose loss has a consequence: leases that reach no client are given back. */
public interface TrackedResponse {

    /** Whether it carries nothing that could be lost. */
    boolean isEmpty();

    /** Whether the client still waits for it, as far as can be told. */
    boolean isWanted();

    /** Called when the client cannot get it. */
    void onUndelivered();
}
