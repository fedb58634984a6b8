package dev.rowmq.queue.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

import org.junit.jupiter.api.Test;

class RefreshingCacheTest {

    private static final Duration MAX_AGE = Duration.ofMillis(100);
    private static final int MAX_AT_ONCE = 1000;

    /** @param version version at the time of the read */
    private record Thing(String name, int version) {}

    private final List<Set<String>> reads = new ArrayList<>();
    private final List<String> checked = new ArrayList<>();
    private Runnable whileReading = () -> {};
    private boolean lastWillDo;
    /** The state of the source; changes at each look unless a test sets it. */
    private Supplier<Object> state = Object::new;
    private int version;
    private long now = Long.MAX_VALUE - 1_000_000;
    private final RefreshingCache<Thing> recent = recent(MAX_AGE);

    private RefreshingCache<Thing> recent(Duration longest) {
        return new RefreshingCache<>(
                longest,
                new RefreshingCache.Source<>(
                        Thing::name, () -> state.get(), this::check, this::read, MAX_AT_ONCE, () -> lastWillDo),
                () -> now);
    }

    private String check(String name) {
        checked.add(name);
        if (name.equals("invalid")) {
            throw new QueueException(ErrorCode.INVALID_QUEUE_NAME, "invalid");
        }
        return name;
    }

    private List<Thing> read(Set<String> names) {
        reads.add(names);
        List<Thing> found = names.stream()
                .filter(name -> !name.equals("none"))
                .map(name -> new Thing(name, version))
                .toList();
        whileReading.run();
        return found;
    }

    private void pass(int millis) {
        now += Duration.ofMillis(millis).toNanos();
    }

    private int versionOf(String name) {
        return recent.find(name).orElseThrow().version();
    }

    private void findAll(String... names) {
        List.of(names).forEach(recent::find);
        reads.clear();
    }

    @Test
    void what_is_in_use_is_read_together_and_never_too_old() {
        for (int i = 0; i < 500; i++) {
            recent.find("thing" + i);
        }
        reads.clear();
        for (int round = 0; round < 100; round++) {
            pass(10);
            version = round;
            for (int i = 0; i < 500; i++) {
                assertThat(round - versionOf("thing" + i)).isLessThanOrEqualTo(10);
            }
        }
        assertThat(reads.size()).as("reads within ten times the longest age").isBetween(10, 20);
        assertThat(reads).allMatch(names -> names.size() <= MAX_AT_ONCE);
    }

    @Test
    void no_more_than_so_many_at_once() {
        for (int i = 0; i < MAX_AT_ONCE + 500; i++) {
            recent.find("thing" + i);
        }
        pass(100);
        recent.find("thing0");
        assertThat(reads.getLast()).hasSize(MAX_AT_ONCE).contains("thing0");
    }

    @Test
    void what_nobody_asks_for_is_not_read_for_long() {
        findAll("seldom", "idle", "asked");
        pass(500);
        recent.find("seldom");
        assertThat(reads.getLast()).containsExactlyInAnyOrder("asked", "seldom", "idle");
        pass(600);
        recent.find("asked");
        assertThat(reads.getLast())
                .as("idle was asked for longer ago than ten times the age")
                .containsExactlyInAnyOrder("asked", "seldom");
    }

    @Test
    void while_one_reads_the_others_take_what_is_known_for_half_as_long_again() {
        findAll("a", "b");
        pass(110);
        version = 1;
        whileReading = () -> {
            whileReading = () -> {};
            assertThat(versionOf("a")).isZero();
            assertThat(versionOf("b")).as("comes with it").isZero();
            assertThat(reads).hasSize(1);
            pass(50);
            assertThat(versionOf("a")).as("too old by now").isEqualTo(1);
            assertThat(reads).hasSize(2);
        };
        recent.find("a");
        assertThat(versionOf("b")).isEqualTo(1);
    }

    @Test
    void what_was_read_is_as_old_as_the_beginning_of_the_read() {
        findAll("a");
        pass(110);
        whileReading = () -> pass(90);
        recent.find("a");
        whileReading = () -> {};
        pass(20);
        recent.find("a");
        assertThat(reads).hasSize(2);
    }

    @Test
    void what_is_remembered_or_forgotten_during_a_read_is_newer_than_what_is_read() {
        findAll("changed", "deleted", "asked");
        pass(110);
        version = 1;
        whileReading = () -> {
            recent.remember(new Thing("changed", 7));
            recent.forget("deleted");
        };
        assertThat(versionOf("asked")).isEqualTo(1);
        assertThat(reads.getLast()).containsExactlyInAnyOrder("asked", "changed", "deleted");
        whileReading = () -> {};
        version = 2;
        assertThat(versionOf("changed")).isEqualTo(7);
        assertThat(versionOf("deleted")).as("is read anew").isEqualTo(2);
    }

    @Test
    void what_is_forgotten_during_its_first_read_is_not_remembered() {
        whileReading = () -> recent.forget("deleted");
        recent.find("deleted");
        whileReading = () -> {};
        version = 1;
        assertThat(versionOf("deleted")).isEqualTo(1);
    }

    @Test
    void what_is_not_there_is_not_remembered_and_without_an_age_everything_is_read() {
        assertThat(recent.find("none")).isEmpty();
        assertThat(recent.find("none")).isEmpty();
        assertThat(reads).hasSize(2);
        RefreshingCache<Thing> never = recent(Duration.ZERO);
        never.find("a");
        never.find("a");
        assertThat(reads).hasSize(4).allMatch(names -> names.size() == 1);
    }

    @Test
    void a_read_that_fails_leaves_the_others_to_the_next() {
        findAll("a", "b", "c");
        pass(110);
        whileReading = () -> {
            throw new QueueException(ErrorCode.STORE_UNAVAILABLE, "away");
        };
        assertThatThrownBy(() -> recent.find("a")).isInstanceOf(QueueException.class);
        whileReading = () -> {};
        pass(30);
        recent.find("b");
        assertThat(reads.getLast()).contains("b", "c");
    }

    @Test
    void a_name_that_cannot_be_is_refused_before_anything_is_read() {
        findAll("a", "b");
        checked.clear();
        pass(110);
        assertThatThrownBy(() -> recent.find("invalid")).isInstanceOf(QueueException.class);
        assertThat(reads).isEmpty();
        recent.find("a");
        assertThat(reads.getLast()).containsExactlyInAnyOrder("a", "b");
        recent.find("a");
        assertThat(checked).as("what is known is not checked again").containsExactly("invalid", "a");
    }

    @Test
    void what_cannot_be_read_is_an_error_unless_the_last_will_do() {
        findAll("a");
        pass(200);
        whileReading = () -> {
            throw new QueueException(ErrorCode.STORE_UNAVAILABLE, "away");
        };
        assertThatThrownBy(() -> recent.find("a")).isInstanceOf(QueueException.class);
        lastWillDo = true;
        assertThat(versionOf("a")).isZero();
        assertThatThrownBy(() -> recent.find("b")).isInstanceOf(QueueException.class);
    }

    @Test
    void while_the_source_is_unchanged_nothing_is_read_again() {
        int[] looks = {0};
        state = () -> {
            looks[0]++;
            return "unchanged";
        };
        findAll("a", "b", "c");
        looks[0] = 0;
        for (int round = 0; round < 10; round++) {
            pass(110);
            findAll("a", "b", "c");
            assertThat(reads).isEmpty();
        }
        assertThat(looks[0]).as("one look for all of them").isEqualTo(10);
    }

    @Test
    void a_change_of_the_source_is_seen_within_the_age() {
        state = () -> version;
        findAll("a", "b");
        pass(110);
        versionOf("a");
        version = 1;
        pass(90);
        assertThat(versionOf("b")).as("young enough").isZero();
        pass(20);
        assertThat(versionOf("a")).isEqualTo(1);
        assertThat(versionOf("b")).isEqualTo(1);
    }

    @Test
    void a_change_between_the_look_and_the_read_is_read_once_more() {
        state = () -> version;
        whileReading = () -> version = 1;
        recent.find("a");
        whileReading = () -> {};
        pass(110);
        assertThat(versionOf("a")).isEqualTo(1);
    }

    @Test
    void a_remembered_value_is_read_again_also_in_an_unchanged_source() {
        state = () -> "unchanged";
        recent.remember(new Thing("a", 7));
        pass(110);
        assertThat(versionOf("a")).isZero();
        reads.clear();
        pass(110);
        assertThat(versionOf("a")).isZero();
        assertThat(reads).isEmpty();
    }
}
