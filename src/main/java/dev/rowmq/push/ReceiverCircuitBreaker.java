package dev.rowmq.push;

import dev.rowmq.model.fanout.DeliveryReport.Circuit;
import dev.rowmq.queue.subscription.PushProperties;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.core.IntervalFunction;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Whether a receiver is called at the moment. Five failures in a row open the circuit; after a while one call is let
 * through, and how it ends closes it or keeps it open twice as long. When the receiver says itself when to call again,
 * that is heeded.
 */
final class ReceiverCircuitBreaker {

    private static final int FAILURES = 5;

    private final CircuitBreaker circuit;
    private long restUntil = System.nanoTime();

    /** @param onChange told of each change of the circuit */
    ReceiverCircuitBreaker(String name, Duration probeAfter, Runnable onChange) {
        this.circuit = CircuitBreaker.of(
                name,
                CircuitBreakerConfig.custom()
                        .slidingWindow(FAILURES, FAILURES, SlidingWindowType.COUNT_BASED)
                        .failureRateThreshold(100)
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .waitIntervalFunctionInOpenState(IntervalFunction.ofExponentialBackoff(
                                probeAfter, 2, PushProperties.LONGEST_PROBE_AFTER))
                        .build());
        circuit.getEventPublisher().onStateTransition(event -> onChange.run());
    }

    /** Leave to make calls, to be told once how each ended; what comes later is not heard. */
    final class Permit {

        private final boolean probe;
        private final AtomicBoolean told = new AtomicBoolean();

        private Permit(boolean probe) {
            this.probe = probe;
        }

        /** Whether this is the one call that shows if the receiver works again. */
        boolean probe() {
            return probe;
        }

        /** One more, for a call beside. */
        Permit another() {
            return new Permit(false);
        }

        void succeeded() {
            tell(() -> circuit.onSuccess(0, TimeUnit.NANOSECONDS));
        }

        void failed() {
            tell(() -> circuit.onError(0, TimeUnit.NANOSECONDS, new IllegalStateException()));
        }

        /** No call was made, or it says nothing about the receiver. */
        void unused() {
            tell(circuit::releasePermission);
        }

        /** The receiver works, but wants no calls for a while. */
        void rest(Duration rest) {
            restAtLeast(rest);
            unused();
        }

        /** A call from before the circuit opened says nothing of how things are by now. */
        private void tell(Runnable how) {
            if (told.compareAndSet(false, true) && probe == (circuit.getState() == State.HALF_OPEN)) {
                how.run();
            }
        }
    }

    private synchronized void restAtLeast(Duration rest) {
        long until = System.nanoTime() + rest.toNanos();
        restUntil = until - restUntil > 0 ? until : restUntil;
    }

    /** Empty while the receiver is left alone. With one for a probe no other call is to be made. */
    synchronized Optional<Permit> permit() {
        return System.nanoTime() - restUntil < 0 || !circuit.tryAcquirePermission()
                ? Optional.empty()
                : Optional.of(new Permit(circuit.getState() == State.HALF_OPEN));
    }

    /** How much longer a call that is allowed has to wait all the same, as something came between; empty = none. */
    synchronized Optional<Duration> restLeft(Permit permit) {
        Duration asked = Duration.ofNanos(restUntil - System.nanoTime());
        if (asked.isPositive()) {
            return Optional.of(asked);
        }
        return !permit.probe() && circuit.getState() == State.OPEN ? Optional.of(Duration.ZERO) : Optional.empty();
    }

    Circuit state() {
        return switch (circuit.getState()) {
            case OPEN, FORCED_OPEN -> Circuit.OPEN;
            case HALF_OPEN -> Circuit.HALF_OPEN;
            case CLOSED, DISABLED, METRICS_ONLY -> Circuit.CLOSED;
        };
    }
}
