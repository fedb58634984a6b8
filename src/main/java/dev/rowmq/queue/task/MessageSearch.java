package dev.rowmq.queue.task;

import dev.rowmq.model.Page;
import dev.rowmq.model.message.DeadLetter;
import dev.rowmq.model.message.MessageView;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;

import org.springframework.stereotype.Component;

/**
 * Finds messages by a filter. No index serves a filter, so a search reads page after page, for a bounded time, and says
 * how far it came.
 */
@Component
public class MessageSearch {

    private static final int PAGE = 200;
    private static final Duration MAX_TIME = Duration.ofMillis(500);
    private static final Duration MAX_PREVIEW = Duration.ofSeconds(2);
    private static final int SAMPLES = 3;
    /** Pages that are in memory at the same time, of about 8 MB each. */
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

    /** A message or dead letter that a filter is applied to. */
    record Candidate(String id, Instant since, BiPredicate<MessageFilter, Instant> test) {

        static Candidate of(MessageView message) {
            return new Candidate(
                    message.id(), message.enqueuedAt(), (filter, now) -> filter.matches(message, now));
        }

        static Candidate of(DeadLetter letter) {
            return new Candidate(letter.id(), letter.deadAt(), (filter, now) -> filter.matches(letter, now));
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
        return search("search " + queue.id() + state + filter, limit, cursor,
                (max, after) -> storage.peek(queue, state, max, after), message -> filter.matches(message, now));
    }

    /** As {@link #messages}, for the queue's own dead letters. */
    public SearchResult<DeadLetter> deadLetters(String name, MessageFilter filter, int limit, Optional<String> cursor) {
        Queue queue = queues.get(name);
        Instant now = Instant.now();
        QueueStorage storage = storages.of(queue);
        return search("search dead " + queue.id() + filter, limit, cursor,
                (max, after) -> storage.deadLetters(queue, max, after), letter -> filter.matches(letter, now));
    }

    private interface Matcher<T> {

        boolean matches(T one);
    }

    private <T> SearchResult<T> search(
            String list, int limit, Optional<String> cursor, BiFunction<Integer, Optional<String>, Page<T>> read,
            Matcher<T> matcher) {
        AtomicInteger looked = new AtomicInteger();
        Page<T> found = cursors.page(list, limit, cursor, (max, after) -> {
            long begin = System.nanoTime();
            List<T> matching = new ArrayList<>();
            Optional<String> from = after;
            while (true) {
                Page<T> page = read.apply(PAGE, from);
                for (int i = 0; i < page.items().size(); i++) {
                    looked.incrementAndGet();
                    if (matcher.matches(page.items().get(i))) {
                        matching.add(page.items().get(i));
                    }
                    if (matching.size() == max) {
                        // the part ends here, within the page: a page up to here has the cursor
                        return new Page<>(matching, read.apply(i + 1, from).next());
                    }
                }
                from = page.next();
                if (from.isEmpty() || System.nanoTime() - begin > MAX_TIME.toNanos()) {
                    return new Page<>(matching, from);
                }
            }
        });
        return new SearchResult<>(found, looked.get());
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
            Page<Candidate> page = candidates(queue, plan.state(), PAGE, after);
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

    /** A page of the messages in one state, without their order of delivery being promised. */
    Page<Candidate> candidates(Queue queue, TaskPlan.MessageState state, int limit, Optional<String> after) {
        QueueStorage storage = storages.of(queue);
        pages.acquireUninterruptibly();
        try {
            return switch (state) {
                case READY -> storage.peek(queue, MessageView.State.READY, limit, after).map(Candidate::of);
                case DELAYED -> storage.peek(queue, MessageView.State.DELAYED, limit, after).map(Candidate::of);
                case DEAD -> storage.deadLetters(queue, limit, after).map(Candidate::of);
            };
        } finally {
            pages.release();
        }
    }
}
