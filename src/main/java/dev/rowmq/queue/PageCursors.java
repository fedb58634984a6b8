package dev.rowmq.queue;

import dev.rowmq.model.Page;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.queue.delivery.ReceiptCodec;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

import org.springframework.stereotype.Component;

/** Pages of lists. Cursors are sealed, so that a client can pass back only cursors of the same list. */
@Component
public class PageCursors {

    private final ReceiptCodec codec;

    PageCursors(ReceiptCodec codec) {
        this.codec = codec;
    }

    /**
     * Reads a page.
     *
     * @param list identifies the list to which the cursor belongs
     * @param read reads at most that many items after a position
     * @throws QueueException INVALID_REQUEST for a cursor of another list
     */
    public <T> Page<T> page(
            String list, int limit, Optional<String> cursor, BiFunction<Integer, Optional<String>, Page<T>> read) {
        Page<T> page = read.apply(limit, cursor.map(text -> open(list, text)));
        return new Page<>(
                page.items(),
                page.next().map(next -> codec.sealed(list, next.getBytes(StandardCharsets.UTF_8))));
    }

    /** A page of a list that is completely in memory, in the order of its items' names. */
    public <T> Page<T> pageByName(
            String list, int limit, Optional<String> cursor, List<T> all, Function<T, String> name) {
        return page(list, limit, cursor, (max, after) -> {
            List<T> remaining = all.stream()
                    .filter(one -> name.apply(one).compareTo(after.orElse("")) > 0)
                    .sorted(Comparator.comparing(name))
                    .toList();
            List<T> items = remaining.stream().limit(max).toList();
            return new Page<>(
                    items, remaining.size() > max ? Optional.of(name.apply(items.getLast())) : Optional.empty());
        });
    }

    private String open(String list, String cursor) {
        return codec.open(list, cursor)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .orElseThrow(() -> new QueueException(
                        ErrorCode.INVALID_REQUEST,
                        "cursor",
                        "the cursor is not one that this list gave out; begin again without one"));
    }
}
