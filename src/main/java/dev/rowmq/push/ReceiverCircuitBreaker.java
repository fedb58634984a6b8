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
 * The circuit breaker of one receiver. Five failures in a row open the circuit. After a delay one probe call is
 * allowed: its success closes the circuit, its failure keeps the circuit open for twice the delay. A pause that the
 * receiver requests is observed as well.
 */
final class ReceiverCircuitBreaker {

    private static final int FAILURES = 5;

    private final CircuitBreaker circuit;
    private long restUntil = System.nanoTime();

    /** @param onChange runs after each change of the circuit's state */
    ReceiverCircuitBreaker(String name, Duration probeAfter, Runnable onChange) {
        this.circuit = CircuitBreaker.of(
                name,
                CircuitBreakerConfig.custom()
                        .slidingWindow(FAILURES, FAILURES, SlidingWindowType.COUNT_BASED)
                        .failureRateThreshold(100)
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .waitIntervalFunctionInOpenState(IntervalFunction.ofExponentialBackoff(
                                probeAfter, 2, PushProperties.MAX_PROBE_AFTER))
                        .build());
        circuit.getEventPublisher().onStateTransition(event -> onChange.run());
    }

    /** Permission for one call. The first outcome reported counts; later ones are ignored. */
    final class Permit {

        private final boolean probe;
        private final AtomicBoolean reported = new AtomicBoolean();

        private Permit(boolean probe) {
            this.probe = probe;
        }

        /** Whether this is the probe call, which shows whether the receiver works again. */
        boolean probe() {
            return probe;
        }

        /** Returns a permit for one more concurrent call. */
        Permit another() {
            return new Permit(false);
        }

        void succeeded() {
            report(() -> circuit.onSuccess(0, TimeUnit.NANOSECONDS));
        }

        void failed() {
            report(() -> circuit.onError(0, TimeUnit.NANOSECONDS, new IllegalStateException()));
        }

        /** Reports that no call was made, or that its outcome does not reflect the state of the receiver. */
        void unused() {
            report(circuit::releasePermission);
        }

        /** Reports that the receiver works, but requests a pause of this length. */
        void pause(Duration pause) {
            pauseAtLeast(pause);
            unused();
        }

        /**
         * Ignores a call from before the circuit opened: its outcome does not reflect the present state of the
         * receiver.
         */
        private void report(Runnable how) {
            if (reported.compareAndSet(false, true) && probe == (circuit.getState() == State.HALF_OPEN)) {
                how.run();
            }
        }
    }

    private synchronized void pauseAtLeast(Duration pause) {
        long until = System.nanoTime() + pause.toNanos();
        restUntil = until - restUntil > 0 ? until : restUntil;
    }

    /**
     * Returns a permit; empty during a pause and while the circuit is open. With a permit for a probe, no further call
     * may be made.
     */
    synchronized Optional<Permit> permit() {
        return System.nanoTime() - restUntil < 0 || !circuit.tryAcquirePermission()
                ? Optional.empty()
                : Optional.of(new Permit(circuit.getState() == State.HALF_OPEN));
    }

    /**
     * Returns the delay before a permitted call may be made, when the receiver requested a pause or the circuit opened
     * after the permit was issued; empty = call now.
     */
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
