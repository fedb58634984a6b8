package dev.rowmq.queue.commit;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.OutOfMemory;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.queue.catalog.QueueProperties;
import dev.rowmq.store.database.SqlErrorTranslator;

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
 * One transaction for many callers. Each caller submits a request and waits. One writer thread takes all waiting
 * requests, runs one transaction for them and returns each caller its own result. There is no timer: a single request
 * runs at once, and while one transaction runs, the next group forms.
 *
 * <p>When a group's transaction fails because of a request, the group is split until only that request fails. When it
 * fails because of the database, all requests of the group fail. When it fails because another program holds a lock,
 * each request is run alone.
 *
 * @param <R> request
 * @param <A> answer
 */
public final class GroupCommit<R, A> implements AutoCloseable {

    /** Requests of a group that may wait for a lock of another program, one after the other. */
    private static final int MAX_LOCKED = 2;

    /**
     * The limits of a group commit.
     *
     * @param capacity    maximum number of waiting requests
     * @param groupWeight weight at which a group is full; the last request may exceed it
     * @param patience    how long a caller waits for a place when the capacity is used
     */
    public record Limits(int capacity, int groupWeight, Duration patience) {

        /** The limits from the settings. */
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

    private static final long WAIT_INTERVAL_NANOS = 250_000_000;

    private final BlockingQueue<Call<R, A>> waiting;
    private final Limits limits;
    private final ToIntFunction<R> weight;
    private final Function<List<R>, List<A>> transaction;
    /** Queued to wake the writer when the service stops. */
    private final Call<R, A> wakeUp = new Call<>(null);
    private final Thread writer;
    private volatile boolean closed;

    /**
     * @param weight      weight of a request in a group, 1 or more
     * @param transaction returns one result per request, in order; throws {@link QueueException} for a failure of all
     *     requests
     */
    GroupCommit(String name, Limits limits, ToIntFunction<R> weight, Function<List<R>, List<A>> transaction) {
        this.waiting = new ArrayBlockingQueue<>(limits.capacity());
        this.limits = limits;
        this.weight = weight;
        this.transaction = transaction;
        this.writer = Thread.ofPlatform().daemon().name("rowmq-" + name).start(this::write);
    }

    /**
     * For requests that are lists: one call with the elements of all requests, whose results are divided by request
     * again.
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
     * Waits for the transaction that includes the request. An exception of the transaction is passed on.
     *
     * @throws QueueException {@link ErrorCode#OVERLOADED} when no place became free in time, or the service stops
     */
    A submit(R request) {
        return submit(request, null);
    }

    /**
     * As {@link #submit(Object)}.
     *
     * @param waiting null, or called four times a second with the nanoseconds that the caller has waited; an exception
     *     of it ends the wait, but not the transaction
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
                LockSupport.parkNanos(this, WAIT_INTERVAL_NANOS);
            }
            interrupted |= Thread.interrupted();
            if (waiting != null && !call.done && System.nanoTime() - begin >= WAIT_INTERVAL_NANOS) {
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
                // this thread must survive any other failure: without it every later caller would wait forever
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
            if (call != wakeUp) {
                group.add(call);
                sum += weight.applyAsInt(call.request);
            }
        }
    }

    /**
     * Another program has locked a row for long: only the requests that need it fail. After a few such failures the
     * remaining requests fail at once, as each has to wait for the time limit of locks.
     */
    private void runEach(List<Call<R, A>> group, QueueException groupFailure) {
        int locked = 0;
        for (Call<R, A> call : group) {
            if (locked < MAX_LOCKED) {
                run(List.of(call));
                locked += SqlErrorTranslator.isLockTimeout(call.failure) ? 1 : 0;
            } else {
                call.failure = groupFailure;
            }
        }
    }

    private void run(List<Call<R, A>> group) {
        try {
            List<A> answers = transaction.apply(group.stream().map(call -> call.request).toList());
            for (int i = 0; i < group.size(); i++) {
                group.get(i).answer = answers.get(i);
            }
        } catch (QueueException groupFailure) {
            if (group.size() > 1 && SqlErrorTranslator.isLockTimeout(groupFailure)) {
                runEach(group, groupFailure);
            } else {
                group.forEach(call -> call.failure = groupFailure);
            }
        } catch (RuntimeException requestFailure) {
            if (group.size() == 1) {
                group.getFirst().failure = requestFailure;
            } else {
                run(group.subList(0, group.size() / 2));
                run(group.subList(group.size() / 2, group.size()));
            }
        }
    }

    int waiting() {
        return waiting.size();
    }

    /**
     * Accepts no more requests. Finishes the waiting requests for at most 10 s, and refuses those that are left then.
     */
    @Override
    public void close() {
        closed = true;
        // if no place is free for it, the writer is not asleep
        waiting.offer(wakeUp);
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
