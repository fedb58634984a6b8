package dev.rowmq.push;

import dev.rowmq.message.PushReport.Circuit;
import dev.rowmq.queue.PushProperties;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.core.IntervalFunction;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Whether a receiver is called at the moment. Five failures in a row open the circuit; after a while one call is let through,
 * and how it ends closes it or keeps it open twice as long. When the receiver says itself when to call again, that is heeded.
 */
final class Breaker {

    private static final int FAILURES = 5;

    private final CircuitBreaker circuit;
    private volatile long restUntil = System.nanoTime();

    /** @param onChange told of each change of the circuit */
    Breaker(String name, Duration probeAfter, Runnable onChange) {
        this.circuit = CircuitBreaker.of(
                name,
                CircuitBreakerConfig.custom()
                        .slidingWindow(FAILURES, FAILURES, SlidingWindowType.COUNT_BASED)
                        .failureRateThreshold(100)
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .waitIntervalFunctionInOpenState(
                                IntervalFunction.ofExponentialBackoff(probeAfter, 2, PushProperties.LONGEST_PROBE_AFTER))
                        .build());
        circuit.getEventPublisher().onStateTransition(event -> onChange.run());
    }

    /** How many of so many calls may be made now; each is to be told of by {@link #ended} or {@link #unused}. */
    int permits(int wanted) {
        if (System.nanoTime() - restUntil < 0 || !circuit.tryAcquirePermission()) {
            return 0;
        }
        return circuit.getState() == State.CLOSED ? wanted : 1;
    }

    /** None of the calls was made that {@link #permits} allowed. */
    void unused() {
        circuit.releasePermission();
    }

    void succeeded(Duration took) {
        circuit.onSuccess(took.toNanos(), TimeUnit.NANOSECONDS);
    }

    void failed(Duration took) {
        circuit.onError(took.toNanos(), TimeUnit.NANOSECONDS, new IllegalStateException());
    }

    /** The receiver works, but wants no calls for a while. */
    void rest(Duration rest) {
        restUntil = System.nanoTime() + rest.toNanos();
        circuit.releasePermission();
    }

    Circuit state() {
        return switch (circuit.getState()) {
            case OPEN, FORCED_OPEN -> Circuit.OPEN;
            case HALF_OPEN -> Circuit.HALF_OPEN;
            case CLOSED, DISABLED, METRICS_ONLY -> Circuit.CLOSED;
        };
    }
}
