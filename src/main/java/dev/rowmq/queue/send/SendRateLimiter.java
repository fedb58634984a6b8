package dev.rowmq.queue.send;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.SendContext;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.queue.SendRate;
import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.store.cluster.RateBuckets;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.database.SqlErrorTranslator;

import io.github.bucket4j.Bucket;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

import org.springframework.stereotype.Component;

/** Limits the rate of sends to a queue and by a caller. */
@Component
class SendRateLimiter {

    private static final long STOP_CHECK_INTERVAL_NANOS = 100_000_000;

    private final RateBuckets buckets;
    private final Partitions partitions;
    private final WaitingReceivers waitingReceivers;

    SendRateLimiter(RateBuckets buckets, WaitingReceivers waitingReceivers, Partitions partitions) {
        this.partitions = partitions;
        this.buckets = buckets;
        this.waitingReceivers = waitingReceivers;
    }

    private record Limit(String whose, SendRate rate, Bucket bucket) {}

    /**
     * The messages that may be sent.
     *
     * @param messages number of messages granted, at most the number wanted
     * @param refusal  reason for which the other messages are refused; null if there are none
     */
    record Granted(int messages, QueueException.Violation refusal) {}

    static boolean concerns(Queue queue, SendContext sender) {
        return queue.settings().sendRate().isPresent() || sender.sendRate().isPresent();
    }

    /**
     * Takes tokens from the bucket of each limit. Until the deadline it waits for all wanted messages, at most the
     * burst of the limit; if they do not come in time, it takes the tokens that there are.
     *
     * @param end deadline of the wait, as {@link System#nanoTime}
     */
    Granted take(Queue queue, int wanted, SendContext sender, long end) {
        try {
            return partitions.in(
                    0, () -> SqlErrorTranslator.translating(() -> takeAll(queue, wanted, sender, end, false)));
        } catch (QueueException firstIsDown) {
            if (!partitions.canDegrade() || firstIsDown.code() != ErrorCode.STORE_UNAVAILABLE) {
                throw firstIsDown;
            }
            // the other partitions continue; each instance then has a bucket of its own
            return takeAll(queue, wanted, sender, end, true);
        }
    }

    private Granted takeAll(Queue queue, int wanted, SendContext sender, long deadline, boolean alone) {
        List<Limit> passed = new ArrayList<>();
        Granted granted = new Granted(wanted, null);
        for (Limit limit : limits(queue, sender, alone)) {
            int now = take(limit, granted.messages(), deadline - System.nanoTime());
            if (now < granted.messages()) {
                int back = granted.messages() - now;
                passed.forEach(before -> before.bucket().addTokens(back));
                granted = new Granted(now, refusal(limit));
            }
            passed.add(limit);
        }
        return granted;
    }

    private List<Limit> limits(Queue queue, SendContext sender, boolean alone) {
        List<Limit> limits = new ArrayList<>(2);
        sender.sendRate().ifPresent(rate -> {
            String key = sender.name().orElse("");
            limits.add(new Limit("key '" + key + "'", rate, buckets.bucket("key " + key, rate, alone)));
        });
        queue.settings()
                .sendRate()
                .ifPresent(rate -> limits.add(new Limit(
                        "queue '" + queue.name() + "'", rate, buckets.bucket("queue " + queue.id(), rate, alone))));
        return limits;
    }

    private int take(Limit limit, int wanted, long patienceNanos) {
        int max = Math.min(wanted, limit.rate().burst());
        if (max == 0) {
            return 0;
        }
        boolean all = patienceNanos > 0 && RateBuckets.again(() -> reserve(limit.bucket(), max, patienceNanos));
        return all ? max : RateBuckets.again(() -> (int) limit.bucket().tryConsumeAsMuchAsPossible(max));
    }

    private boolean reserve(Bucket bucket, int wanted, long patienceNanos) {
        try {
            return bucket.asBlocking().tryConsume(wanted, patienceNanos, this::await);
        } catch (InterruptedException stop) {
            bucket.addTokens(wanted);
            throw new QueueException(
                    ErrorCode.OVERLOADED, "the service is stopping; nothing was changed, try another instance");
        }
    }

    private void await(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = deadline - System.nanoTime()) {
            LockSupport.parkNanos(Math.min(left, STOP_CHECK_INTERVAL_NANOS));
            if (waitingReceivers.closed() || Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    private static QueueException.Violation refusal(Limit limit) {
        Duration delay = Duration.ofNanos(RateBuckets.again(
                () -> limit.bucket().estimateAbilityToConsume(1).getNanosToWaitForRefill()));
        return new QueueException.Violation(
                ErrorCode.RATE_LIMITED,
                "",
                ("%s may not send faster (sendRate); the next message is taken in %d ms, or send with ?block=5s "
                        + "to wait for it")
                        .formatted(limit.whose(), delay.toMillis() + 1),
                Optional.of(delay));
    }
}
