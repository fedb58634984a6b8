package dev.rowmq.store;

/**
 * The service cannot start on the database it was given. {@link StoreStartFailureAnalyzer} reports it in three lines.
 */
final class StoreStartException extends RuntimeException {

    private final String advice;

    /**
     * @param tried  what the service tried, without a secret
     * @param answer the database's own words
     * @param advice what the operator can do
     */
    StoreStartException(String tried, String answer, String advice) {
        super(tried + System.lineSeparator() + answer, null, false, false);
        this.advice = advice;
    }

    String advice() {
        return advice;
    }
}
