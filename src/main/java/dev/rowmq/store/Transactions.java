package dev.rowmq.store;

import java.util.function.Supplier;

import org.springframework.transaction.support.TransactionTemplate;

/** Transactions without a Hibernate session, for the hot path and the jobs. */
public final class Transactions {

    private final TransactionTemplate template;

    Transactions(DurableJdbcTransactions manager) {
        this.template = new TransactionTemplate(manager);
    }

    /**
     * Runs the work in one transaction of its own and returns when it is durable.
     *
     * @throws dev.rowmq.message.Refusal STORE_UNAVAILABLE (nothing changed) or OUTCOME_UNKNOWN
     */
    public <T> T write(Supplier<T> work) {
        return FailureTranslation.translating(() -> template.execute(status -> work.get()));
    }
}
