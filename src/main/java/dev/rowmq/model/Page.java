package dev.rowmq.model;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A part of a list.
 *
 * @param next where the next part begins, empty after the last; opaque to clients
 */
public record Page<T>(List<T> items, Optional<String> next) {

    public <R> Page<R> map(Function<T, R> each) {
        return new Page<>(items.stream().map(each).toList(), next);
    }
}
