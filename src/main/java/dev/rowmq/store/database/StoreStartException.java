package dev.rowmq.store.database;

/**
 * The service cannot start on the database it was given. {@code StoreStartFailureAnalyzer} reports it in three lines.
 */
public final class StoreStartException extends RuntimeException {

    private final String advice;

    /**
     * @param tried  what the service tried, without a secret
     * @param answer the database's own words
     * @param advice what the operator can do
     */
    public StoreStartException(String tried, String answer, String advice) {
        super(tried + System.lineSeparator() + answer, null, false, false);
        this.advice = advice;
    }

    public String advice() {
        return advice;
    }
}
