package dev.rowmq.api.security;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains in the start failure how to set a key. */
class MissingApiKeyFailureAnalyzer extends AbstractFailureAnalyzer<LoopbackBindingCheck.NoKeyException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, LoopbackBindingCheck.NoKeyException cause) {
        return new FailureAnalysis(
                cause.getMessage(),
                """
                Either leave server.address at 127.0.0.1, or set a key, for example in the environment:
                    ROWMQ_SECURITY_APIKEYS_0_NAME=admin
                    ROWMQ_SECURITY_APIKEYS_0_ROLE=admin
                    ROWMQ_SECURITY_APIKEYS_0_SECRET=<at least 20 characters; make some with: openssl rand -hex 32>
                and send it with each call: Authorization: Bearer <secret>""",
                cause);
    }
}
