package dev.rowmq.queue.task;

import dev.rowmq.model.Page;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.model.queue.Queue;
import dev.rowmq.model.task.MessageFilter;
import dev.rowmq.model.task.TaskPlan;
import dev.rowmq.queue.PageCursors;
import dev.rowmq.queue.catalog.QueueDirectory;
import dev.rowmq.queue.storage.QueueStorage;
import dev.rowmq.queue.storage.StorageSelector;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

import org.springframework.stereotype.Component;

/**
 * Finds messages by a filter. No index serves a filter, so a search reads page after page for a bounded time, and
 * returns the number of messages that it looked at.
 */
@Component
public class MessageSearch {

    private static final int PAGE = 200;
    private static final Duration MAX_TIME = Duration.ofMillis(500);
    private static final Duration MAX_PREVIEW = Duration.ofSeconds(2);
    private static final int SAMPLES = 3;
    /** Maximum wait before a page is read. */
    private static final Duration MAX_WAIT = Duration.ofSeconds(2);
    /** Bytes of bodies after which a part of a search ends. */
    private static final long MAX_BYTES = 8L << 20;
    /** Pages that are read at the same time, of about 8 MB each. */
    private static final int MAX_PAGES = 4;

    private final QueueDirectory queues;
    private final StorageSelector storages;
    private final PageCursors cursors;
    private final Semaphore pages = new Semaphore(MAX_PAGES);

    MessageSearch(QueueDirectory queues, StorageSelector storages, PageCursors cursors) {
        this.queues = queues;
        this.storages = storages;
        this.cursors = cursors;
    }

    /**
     * A part of the messages that match.
     *
     * @param looked messages that the filter was applied to for this part
     */
    public record SearchResult<T>(Page<T> page, int looked) {}

    /**
     * What a task would change.
     *
     * @param matched  messages that match, of those looked at
     * @param complete whether all were looked at
     * @param samples  ids of the first that match, at most 3
     */
    public record Preview(long matched, long looked, boolean complete, List<String> samples) {}

    /**
     * A message or dead letter that a filter is applied to.
     *
     * @param since when it was sent, or became a dead letter
     */
    record Candidate(MessageKey key, String id, Instant since, BiPredicate<MessageFilter, Instant> test) {

        static Candidate of(MessageView message) {
            return new Candidate(
                    message.key(), message.id(), message.enqueuedAt(), (filter, now) -> filter.matches(message, now));
        }

        static Candidate of(DeadLetter letter) {
            return new Candidate(
                    letter.key(), letter.id(), letter.deadAt(), (filter, now) -> filter.matches(letter, now));
        }

        /** One that was found by its id, which is the only condition; its body is not kept. */
        Candidate byId() {
            return new Candidate(key, id, since, (filter, now) -> true);
        }

        boolean matches(MessageFilter filter, Instant now) {
            return test.test(filter, now);
        }
    }

    /** The messages in one state that match; {@code limit} is 1 to 1000. Searches for about half a second. */
    public SearchResult<MessageView> messages(
            String name, MessageView.State state, MessageFilter filter, int limit, Optional<String> cursor) {
        Queue queue = queues.get(name);
        Instant now = Instant.now();
        QueueStorage storage = storages.of(queue);
        return search("search " + queue.id() + state + filter, limit, cursor, new Search<>(
                (max, after) -> storage.peek(queue, state, max, after),
                message -> filter.matches(message, now),
                message -> message.body().bytes().length));
    }

    /** As {@link #messages}, for the queue's own dead letters. */
    public SearchResult<DeadLetter> deadLetters(String name, MessageFilter filter, int limit, Optional<String> cursor) {
        Queue queue = queues.get(name);
        Instant now = Instant.now();
        QueueStorage storage = storages.of(queue);
        return search("search dead " + queue.id() + filter, limit, cursor, new Search<>(
                (max, after) -> storage.deadLetters(queue, max, after),
                letter -> filter.matches(letter, now),
                letter -> letter.body().bytes().length));
    }

    /** How a search reads and chooses. */
    private record Search<T>(
            BiFunction<Integer, Optional<String>, Page<T>> read, Predicate<T> matches, ToLongFunction<T> size) {}

    private <T> SearchResult<T> search(String list, int limit, Optional<String> cursor, Search<T> search) {
        AtomicInteger looked = new AtomicInteger();
        Page<T> found = cursors.page(list, limit, cursor, (max, after) -> {
            long begin = System.nanoTime();
            List<T> matching = new ArrayList<>();
            long bytes = 0;
            Optional<String> from = after;
            do {
                Page<T> page = readUpTo(max - matching.size(), search, from);
                looked.addAndGet(page.items().size());
                for (T one : page.items()) {
                    if (search.matches().test(one)) {
                        matching.add(one);
                        bytes += search.size().applyAsLong(one);
                    }
                }
                from = page.next();
            } while (from.isPresent()
                    && matching.size() < max
                    && bytes < MAX_BYTES
                    && System.nanoTime() - begin < MAX_TIME.toNanos());
            return new Page<>(matching, from);
        });
        return new SearchResult<>(found, looked.get());
    }

    /**
     * Reads a page with at most {@code most} matches. If it has more, it is read again up to the last that fits, since
     * only the end of a page has a cursor; what is there may have changed meanwhile.
     */
    private <T> Page<T> readUpTo(int most, Search<T> search, Optional<String> from) {
        int size = PAGE;
        while (true) {
            Page<T> page = limited(search.read(), size, from);
            int fitting = 0;
            int matches = 0;
            while (fitting < page.items().size() && matches < most) {
                matches += search.matches().test(page.items().get(fitting++)) ? 1 : 0;
            }
            if (fitting == page.items().size()) {
                return page;
            }
            size = fitting;
        }
    }

    private boolean await() {
        try {
            return pages.tryAcquire(MAX_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Reads a page when not too many are in memory.
     *
     * @throws QueueException OVERLOADED
     */
    private <T> Page<T> limited(
            BiFunction<Integer, Optional<String>, Page<T>> read, int size, Optional<String> from) {
        if (!await()) {
            throw new QueueException(
                    ErrorCode.OVERLOADED, "too many searches read messages at the moment; try again in a second");
        }
        try {
            return read.apply(size, from);
        } finally {
            pages.release();
        }
    }

    /** Looks through the messages of a plan for at most two seconds. */
    Preview preview(Queue queue, TaskPlan plan) {
        long begin = System.nanoTime();
        Instant now = Instant.now();
        long matched = 0;
        long looked = 0;
        List<String> samples = new ArrayList<>();
        Optional<String> after = Optional.empty();
        do {
            Page<Candidate> page = candidates(queue, plan.state(), plan.filter(), PAGE, after);
            looked += page.items().size();
            for (Candidate candidate : page.items()) {
                if (candidate.matches(plan.filter(), now)) {
                    matched++;
                    if (samples.size() < SAMPLES) {
                        samples.add(candidate.id());
                    }
                }
            }
            after = page.next();
        } while (after.isPresent() && System.nanoTime() - begin < MAX_PREVIEW.toNanos());
        return new Preview(matched, looked, after.isEmpty(), samples);
    }

    /** A page of the messages in one state, to which the filter is to be applied. One of ids is a single page. */
    Page<Candidate> candidates(
            Queue queue, TaskPlan.MessageState state, MessageFilter filter, int limit, Optional<String> after) {
        if (!filter.ids().isEmpty()) {
            return new Page<>(
                    filter.ids().stream().flatMap(id -> byId(queue, state, id).stream()).toList(), Optional.empty());
        }
        QueueStorage storage = storages.of(queue);
        return limited(
                (max, from) -> switch (state) {
                    case READY -> storage.peek(queue, MessageView.State.READY, max, from).map(Candidate::of);
                    case DELAYED -> storage.peek(queue, MessageView.State.DELAYED, max, from).map(Candidate::of);
                    case DEAD -> storage.deadLetters(queue, max, from).map(Candidate::of);
                },
                limit,
                after);
    }

    private Optional<Candidate> byId(Queue queue, TaskPlan.MessageState state, String id) {
        QueueStorage storage = storages.of(queue);
        return state == TaskPlan.MessageState.DEAD
                ? storage.deadLetter(queue, id).map(letter -> Candidate.of(letter).byId())
                : storage.message(queue, id)
                        .filter(message -> message.state().name().equals(state.name()))
                        .map(message -> Candidate.of(message).byId());
    }
}
