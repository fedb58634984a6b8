package dev.rowmq.queue.commit;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.OutOfMemory;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.queue.catalog.QueueProperties;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.ToIntFunction;

/**
 * One transaction for many callers. Each hands in a request and waits; one writer thread takes everything that is
 * waiting, runs the transaction for all of it and gives each caller its own result. There is no timer: a lone request
 * runs at once, and while one transaction runs, the next group forms.
 *
 * <p>When a group's transaction fails for a reason that lies in a request, the group is split until only the bad
 * request fails. When it fails because the database does, all of the group fail.
 *
 * @param <R> request
 * @param <A> answer
 */
public final class GroupCommit<R, A> implements AutoCloseable {

    /**
     * Bounds.
     *
     * @param capacity    requests that wait, at the most
     * @param groupWeight weight at which a group is full; the last request may pass it
     * @param patience    how long a caller waits for a place
     */
    public record Limits(int capacity, int groupWeight, Duration patience) {

        /** The limits of the settings. */
        public static Limits of(QueueProperties properties, int groupWeight) {
            return new Limits(properties.intake(), groupWeight, properties.intakePatience());
        }
    }

    private static final class Call<R, A> {

        final R request;
        final Thread caller = Thread.currentThread();
        A answer;
        RuntimeException failure;
        volatile boolean done;

        Call(R request) {
            this.request = request;
        }

        void fail(Throwable defect) {
            if (answer == null && failure == null) {
                failure = new IllegalStateException("the writer failed", defect);
            }
        }

        void finish() {
            done = true;
            LockSupport.unpark(caller);
        }
    }

    private static final long LOOK_UP_NANOS = 250_000_000;

    private final BlockingQueue<Call<R, A>> waiting;
    private final Limits limits;
    private final ToIntFunction<R> weight;
    private final Function<List<R>, List<A>> transaction;
    /** Wakes the writer when the service stops. */
    private final Call<R, A> end = new Call<>(null);
    private final Thread writer;
    private volatile boolean closed;

    /**
     * @param weight      what a request counts towards a group's limit, 1 or more
     * @param transaction answers one result per request, in order; throws {@link QueueException} for what concerns them
     *     all
     */
    GroupCommit(String name, Limits limits, ToIntFunction<R> weight, Function<List<R>, List<A>> transaction) {
        this.waiting = new ArrayBlockingQueue<>(limits.capacity());
        this.limits = limits;
        this.weight = weight;
        this.transaction = transaction;
        this.writer = Thread.ofPlatform().daemon().name("rowmq-" + name).start(this::write);
    }

    /**
     * For requests that are lists themselves: all their parts in one list, and to each request its part of the answers.
     */
    public static <X, Y> Function<List<List<X>>, List<List<Y>>> joined(Function<List<X>, List<Y>> transaction) {
        return requests -> {
            List<Y> all = transaction.apply(requests.stream().flatMap(List::stream).toList());
            List<List<Y>> answers = new ArrayList<>(requests.size());
            int from = 0;
            for (List<X> request : requests) {
                answers.add(all.subList(from, from += request.size()));
            }
            return answers;
        };
    }

    /**
     * Waits for the transaction that the request becomes part of.
     *
     * @throws QueueException {@link ErrorCode#OVERLOADED} when there was no place in time or the service stops, and
     *     whatever the transaction throws
     */
    A submit(R request) {
        return submit(request, null);
    }

    /**
     * As {@link #submit(Object)}.
     *
     * @param waiting null, or told four times a second how long the caller has waited; what it throws ends that, not
     *     the transaction
     */
    A submit(R request, LongConsumer waiting) {
        Call<R, A> call = new Call<>(request);
        enter(call);
        boolean interrupted = false;
        long begin = System.nanoTime();
        while (!call.done) {
            if (waiting == null) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, LOOK_UP_NANOS);
            }
            interrupted |= Thread.interrupted();
            if (waiting != null && !call.done && System.nanoTime() - begin >= LOOK_UP_NANOS) {
                waiting.accept(System.nanoTime() - begin);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (call.failure != null) {
            throw call.failure;
        }
        return call.answer;
    }

    private void enter(Call<R, A> call) {
        try {
            if (closed
                    || !waiting.offer(call)
                            && !waiting.offer(call, limits.patience().toMillis(), TimeUnit.MILLISECONDS)) {
                throw overloaded();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw overloaded();
        }
        if (closed && !writer.isAlive() && waiting.remove(call)) {
            throw overloaded();
        }
    }

    private QueueException overloaded() {
        return new QueueException(
                ErrorCode.OVERLOADED,
                closed
                        ? "the service is stopping; nothing was changed, try another instance"
                        : "%d requests are waiting, which is the most; nothing was changed, try again later"
                                .formatted(limits.capacity()));
    }

    private void write() {
        List<Call<R, A>> group = new ArrayList<>();
        while (!closed || !waiting.isEmpty()) {
            try {
                Call<R, A> first = waiting.poll(1, TimeUnit.SECONDS);
                if (first != null) {
                    gather(first, group);
                }
                if (!group.isEmpty()) {
                    run(group);
                }
            } catch (InterruptedException stop) {
                closed = true;
            } catch (Throwable defect) {
                OutOfMemory.check(defect);
                // whatever else it is, this thread must live on: without it every later caller would wait for ever
                group.forEach(call -> call.fail(defect));
            } finally {
                group.forEach(Call::finish);
                group.clear();
            }
        }
    }

    private void gather(Call<R, A> first, List<Call<R, A>> group) {
        int sum = 0;
        for (Call<R, A> call = first; call != null; call = sum < limits.groupWeight() ? waiting.poll() : null) {
            if (call != end) {
                group.add(call);
                sum += weight.applyAsInt(call.request);
            }
        }
    }

    private void run(List<Call<R, A>> group) {
        try {
            List<A> answers = transaction.apply(group.stream().map(call -> call.request).toList());
            for (int i = 0; i < group.size(); i++) {
                group.get(i).answer = answers.get(i);
            }
        } catch (QueueException everybodys) {
            group.forEach(call -> call.failure = everybodys);
        } catch (RuntimeException somebodys) {
            if (group.size() == 1) {
                group.getFirst().failure = somebodys;
            } else {
                run(group.subList(0, group.size() / 2));
                run(group.subList(group.size() / 2, group.size()));
            }
        }
    }

    int waiting() {
        return waiting.size();
    }

    /** Takes no more requests; finishes those that are in, for 10 s at the most. */
    @Override
    public void close() {
        closed = true;
        // where there is no room for it, the writer is not asleep
        waiting.offer(end);
        try {
            writer.join(Duration.ofSeconds(10));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        for (Call<R, A> call = waiting.poll(); call != null; call = waiting.poll()) {
            call.failure = overloaded();
            call.finish();
        }
    }
}
