package dev.rowmq.store.h2;

import org.h2.jdbc.JdbcSQLNonTransientConnectionException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Reports that another process has the H2 file open. */
class H2FileInUseFailureAnalyzer extends AbstractFailureAnalyzer<JdbcSQLNonTransientConnectionException> {

    private static final int DATABASE_ALREADY_OPEN = 90020;

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, JdbcSQLNonTransientConnectionException cause) {
        if (cause.getErrorCode() != DATABASE_ALREADY_OPEN) {
            return null;
        }
        return new FailureAnalysis(
                "The H2 database file is in use by another process: one file serves one RowMQ service.",
                "Stop the other service, or give this one a file of its own (spring.datasource.url), or run both on"
                        + " PostgreSQL.",
                cause);
    }
}
