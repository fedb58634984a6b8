package dev.rowmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts that must fail with a certain text, and stops that must succeed. */
class StartIT {

    @Test
    void a_second_process_on_the_same_file_is_refused_and_a_stop_is_orderly(@TempDir Path folder) {
        try (ServiceProcess first = new ServiceProcess(folder).start();
                ServiceProcess second = new ServiceProcess(folder).launch()) {
            assertThat(second.await(Duration.ofSeconds(60))).isNotZero();
            assertThat(first.logText())
                    .contains("The H2 database file is in use by another process: one file serves one RowMQ service.");
            QueueClient queue = first.http().queue();
            queue.sendText("still there");
            assertThat(first.stop()).isIn(0, 143);
            first.start();
            assertThat(new QueueClient(first.http(), queue.name())
                            .receiveOne()
                            .path("body")
                            .asString())
                    .isEqualTo("still there");
        }
    }

    @Test
    void without_a_key_the_service_does_not_listen_on_other_addresses(@TempDir Path folder) {
        try (ServiceProcess open = new ServiceProcess(folder, "server.address=0.0.0.0").launch()) {
            assertThat(open.await(Duration.ofSeconds(60))).isNotZero();
            assertThat(open.logText()).contains("server.address is '0.0.0.0'", "ROWMQ_SECURITY_APIKEYS_0_SECRET");
        }
    }

    @Test
    void with_a_key_from_the_environment_it_does(@TempDir Path folder) {
        String secret = "0123456789abcdef0123456789abcdef";
        Map<String, String> environment = Map.of(
                "ROWMQ_SECURITY_APIKEYS_0_NAME", "admin",
                "ROWMQ_SECURITY_APIKEYS_0_ROLE", "admin",
                "ROWMQ_SECURITY_APIKEYS_0_SECRET", secret,
                "SERVER_ADDRESS", "0.0.0.0");
        try (ServiceProcess service = new ServiceProcess(folder, environment).start()) {
            service.http().get("/v1/queues").expect(401);
            service.http().withKey(secret).get("/v1/queues").expect(200);
        }
    }
}
