package dev.rowmq.api.http.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.api.http.connection.ClientConnection.Phase;

import java.time.Duration;

import org.junit.jupiter.api.Test;

/** The time limits of a connection run for the client's share of the work, not for the service's. */
class ClientConnectionTest {

    private final ClientConnection connection = new ClientConnection(null);

    @Test
    void a_connection_that_the_service_has_not_read_from_yet_is_not_late() {
        assertThat(connection.late(in(Duration.ofMinutes(1)))).isFalse();
    }

    @Test
    void the_time_of_a_head_begins_with_its_first_byte() {
        connection.serve(null);

        assertThat(connection.late(in(Duration.ofSeconds(9)))).isFalse();
        assertThat(connection.late(in(Duration.ofSeconds(11)))).isTrue();
    }

    @Test
    void more_bytes_of_a_head_do_not_extend_its_time() throws InterruptedException {
        connection.serve(null);
        long since = connection.state().since();
        Thread.sleep(2);
        connection.serve(null);

        assertThat(connection.state().since()).isEqualTo(since);
    }

    @Test
    void an_idle_connection_is_not_late_and_the_next_head_has_its_own_time() {
        connection.serve(null);
        connection.enter(Phase.IDLE);
        assertThat(connection.late(in(Duration.ofMinutes(1)))).isFalse();

        connection.serve(null);
        assertThat(connection.late(in(Duration.ofSeconds(11)))).isTrue();
    }

    private static long in(Duration time) {
        return System.nanoTime() + time.toNanos();
    }
}
