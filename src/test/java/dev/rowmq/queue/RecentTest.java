package dev.rowmq.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.message.ErrorCode;
import dev.rowmq.message.Refusal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;

class RecentTest {

    private static final Duration LONGEST = Duration.ofMillis(100);

    /** @param value when it was read, or what it is */
    private record Thing(String name, long value) {}

    private final List<Set<String>> reads = new ArrayList<>();
    private Runnable whileReading = () -> {};
    private long next;

    private List<Thing> read(Set<String> names) {
        reads.add(new HashSet<>(names));
        List<Thing> found = names.stream().filter(name -> !name.startsWith("no")).map(name -> new Thing(name, next)).toList();
        whileReading.run();
        return found;
    }

    private Recent<Thing> recent(Duration longest) {
        return new Recent<>(longest, Thing::name, this::read, () -> false);
    }

    @Test
    void a_thousand_things_in_use_cost_a_few_reads_and_none_is_too_old() {
        Recent<Thing> recent = new Recent<>(
                LONGEST,
                Thing::name,
                names -> {
                    reads.add(names);
                    return names.stream().map(name -> new Thing(name, System.nanoTime())).toList();
                },
                () -> false);
        for (int i = 0; i < 1000; i++) {
            recent.find("thing" + i);
        }
        reads.clear();
        int rounds = 0;
        for (long end = System.nanoTime() + Duration.ofSeconds(1).toNanos(); System.nanoTime() < end; rounds++) {
            for (int i = 0; i < 1000; i++) {
                long asked = System.nanoTime();
                Thing thing = recent.find("thing" + i).orElseThrow();
                assertThat(thing.name()).isEqualTo("thing" + i);
                assertThat(asked - thing.value()).isLessThan(LONGEST.toNanos() * 3 / 2);
            }
        }
        assertThat(rounds).as("rounds in a second, or this proves nothing").isGreaterThan(5);
        assertThat(reads).as("reads in %d rounds of 1000 things".formatted(rounds)).hasSizeBetween(5, 200);
    }

    @Test
    void what_is_seldom_used_is_read_with_the_rest_and_what_nobody_uses_is_not() throws Exception {
        Recent<Thing> recent = recent(LONGEST);
        List.of("seldom", "idle", "asked").forEach(recent::find);
        Thread.sleep(LONGEST.multipliedBy(5));
        recent.find("asked");
        assertThat(reads.getLast()).containsExactlyInAnyOrder("asked", "seldom", "idle");
        recent.find("seldom");
        reads.clear();
        for (long end = System.nanoTime() + LONGEST.multipliedBy(8).toNanos(); System.nanoTime() < end; Thread.sleep(20)) {
            recent.find("asked");
        }
        assertThat(reads.getLast()).containsExactlyInAnyOrder("asked", "seldom");
    }

    @Test
    void what_is_remembered_or_forgotten_during_a_read_is_newer_than_what_is_read() throws Exception {
        Recent<Thing> recent = recent(LONGEST);
        List.of("changed", "deleted", "asked").forEach(name -> {
            recent.find(name);
            recent.find(name);
        });
        Thread.sleep(LONGEST.multipliedBy(2));
        whileReading = () -> {
            recent.remember(new Thing("changed", 7));
            recent.forget("deleted");
        };
        next = 1;
        assertThat(recent.find("asked")).hasValue(new Thing("asked", 1));
        assertThat(reads.getLast()).containsExactlyInAnyOrder("asked", "changed", "deleted");
        whileReading = () -> {};
        assertThat(recent.find("changed")).hasValue(new Thing("changed", 7));
        next = 2;
        assertThat(recent.find("deleted")).as("is read anew").hasValue(new Thing("deleted", 2));
    }

    @Test
    void what_is_not_there_is_not_remembered_and_without_an_age_everything_is_read() {
        Recent<Thing> recent = recent(LONGEST);
        assertThat(recent.find("none")).isEmpty();
        assertThat(recent.find("none")).isEmpty();
        assertThat(reads).hasSize(2);
        Recent<Thing> never = recent(Duration.ZERO);
        never.find("a");
        never.find("a");
        assertThat(reads).hasSize(4);
    }

    @Test
    void what_cannot_be_read_is_an_error_unless_the_last_will_do() throws Exception {
        AtomicBoolean lastWillDo = new AtomicBoolean();
        Recent<Thing> recent = new Recent<>(LONGEST, Thing::name, this::read, lastWillDo::get);
        recent.find("a");
        Thread.sleep(LONGEST.multipliedBy(2));
        whileReading = () -> {
            throw new Refusal(ErrorCode.STORE_UNAVAILABLE, "away");
        };
        assertThatThrownBy(() -> recent.find("a")).isInstanceOf(Refusal.class);
        lastWillDo.set(true);
        assertThat(recent.find("a")).hasValue(new Thing("a", 0));
        assertThatThrownBy(() -> recent.find("b")).isInstanceOf(Refusal.class);
    }
}
