package dev.rowmq.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Browser;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;

import java.nio.file.Path;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service that is killed and started again under an open page. */
@Tag("long")
class ConsoleRestartIT {

    @Test
    void the_page_says_so_and_goes_on(@TempDir Path folder) {
        try (Browser browser = Browser.open();
                ServiceProcess service = new ServiceProcess(folder).start()) {
            service.http().put("/v1/queues/orders", "{}").expect(201);
            browser.go(service.http().base() + "/console/#/queues/orders");
            browser.waitForText("acked/s");
            service.kill();
            browser.waitForText("The service does not answer.");
            assertThat(browser.text()).as("its last state").contains("orders", "acked/s");
            service.start();
            browser.waitForNoText("The service does not answer.");
            new QueueClient(service.http(), "orders").sendText("x");
            browser.await("live again", () -> browser.find(".tile", "ready").getText().startsWith("1"));
        }
    }
}
