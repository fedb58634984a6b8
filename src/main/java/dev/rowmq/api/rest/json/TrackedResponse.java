package dev.rowmq.api.rest.json;

/** A response whose loss has a consequence: leases that do not reach the client are returned. */
public interface TrackedResponse {

    /** Whether the response contains nothing that could be lost. */
    boolean isEmpty();

    /** Whether the client still waits for the response; a client gone unnoticed counts as waiting. */
    boolean isWanted();

    /** Called when the response could not be delivered. */
    void onUndelivered();
}
