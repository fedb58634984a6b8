package dev.rowmq.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.model.error.QueueException;

import org.junit.jupiter.api.Test;

class MemoryBudgetTest {

    private final MemoryBudget budget = new MemoryBudget(1000);

    @Test
    void what_does_not_fit_beside_others_waits_and_is_refused() throws Exception {
        budget.reserve(700);
        long begin = System.nanoTime();
        assertThatThrownBy(() -> budget.reserve(400)).isInstanceOf(QueueException.class)
                .hasMessageContaining("rowmq.rest.memory-share");
        assertThat(System.nanoTime() - begin).isBetween(400_000_000L, 3_000_000_000L);
        assertThat(budget.used()).isEqualTo(700);

        Thread later = Thread.ofVirtual().start(() -> budget.reserve(400));
        Thread.sleep(100);
        budget.giveBack(700);
        later.join();
        assertThat(budget.used()).isEqualTo(400);
    }

    @Test
    void what_is_larger_than_the_budget_gets_through_alone_and_what_is_there_already_is_counted() {
        budget.reserve(5000);
        assertThatThrownBy(() -> budget.reserve(1)).isInstanceOf(QueueException.class);
        budget.giveBack(5000);
        budget.take(2000);
        assertThatThrownBy(() -> budget.reserve(0)).isInstanceOf(QueueException.class);
        budget.giveBack(2000);
        budget.reserve(1000);
        assertThat(budget.used()).isEqualTo(1000);
    }
}
