package dev.rowmq.api.http;

import java.time.Duration;
import java.util.Optional;

/** Exchanges an API key for a session of the console. */
public interface ConsoleSignIn {

    /** Name of the cookie that holds a session. */
    String COOKIE = "rowmq_console";

    /** Header that every change by the console has, so that a page of another site cannot send one. */
    String HEADER = "X-RowMQ-Console";

    /** After this time the operator signs in again. */
    Duration VALIDITY = Duration.ofHours(8);

    /**
     * A session.
     *
     * @param key    name of the API key
     * @param cookie value of the cookie
     */
    record ConsoleSession(String key, String cookie) {}

    /** Begins a session; empty when the secret is that of no key. */
    Optional<ConsoleSession> session(String secret);
}
