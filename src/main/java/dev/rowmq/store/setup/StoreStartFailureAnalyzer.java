package dev.rowmq.store.setup;

import dev.rowmq.store.database.StoreStartException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Reports why the service cannot start on its database: the failed action, the reason and the next step. */
class StoreStartFailureAnalyzer extends AbstractFailureAnalyzer<StoreStartException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, StoreStartException cause) {
        return new FailureAnalysis(cause.getMessage(), cause.advice(), cause);
    }
}
