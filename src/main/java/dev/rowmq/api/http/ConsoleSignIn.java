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
     * Returns the value of a session's cookie.
     *
     * @return empty when the secret is that of no key
     */
    Optional<String> session(String secret);
}
