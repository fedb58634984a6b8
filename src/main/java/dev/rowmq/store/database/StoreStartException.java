package dev.rowmq.store.database;

/** The service cannot start on the configured database. {@code StoreStartFailureAnalyzer} reports the three parts. */
public final class StoreStartException extends RuntimeException {

    private final String advice;

    /**
     * @param tried  the action that failed, without a secret
     * @param answer the error message of the database, or the reason found by RowMQ
     * @param advice the next step for the operator
     */
    public StoreStartException(String tried, String answer, String advice) {
        super(tried + System.lineSeparator() + answer, null, false, false);
        this.advice = advice;
    }

    public String advice() {
        return advice;
    }
}
