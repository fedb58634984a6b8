package dev.rowmq.model;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A page of a list.
 *
 * @param next cursor of the next page, opaque to clients; empty on the last page
 */
public record Page<T>(List<T> items, Optional<String> next) {

    public <R> Page<R> map(Function<T, R> each) {
        return new Page<>(items.stream().map(each).toList(), next);
    }
}
