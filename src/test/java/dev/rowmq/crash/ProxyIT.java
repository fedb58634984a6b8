package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rowmq.support.Http;
import dev.rowmq.support.Nginx;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RawHttp;
import dev.rowmq.support.ServiceProcess;
import dev.rowmq.support.TestDatabase;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import tools.jackson.databind.JsonNode;

/**
 * Three instances on one PostgreSQL database behind nginx with the proxy.conf of the cluster profile. The long form
 * restarts all instances, the short form restarts one.
 */
@Tag("long")
class ProxyIT {

    private static final int INSTANCES = 3;
    private static final int RESTARTS = Boolean.getBoolean("rowmq.soak") ? INSTANCES : 1;
    private static final int SENDERS = 8;

    private static final List<ServiceProcess> instances = new ArrayList<>();
    private static Nginx proxy;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        assumeTrue(Nginx.installed(), "skipped: nginx is not installed (Debian package nginx-light, see .ci/run)");
        String url = TestDatabase.POSTGRESQL.freshUrl();
        for (int i = 0; i < INSTANCES; i++) {
            Path own = Files.createDirectory(folder.resolve("instance" + i));
            instances.add(new ServiceProcess(own, "logging.level.root=warn", "spring.datasource.url=" + url).start());
        }
        proxy = new Nginx(
                Files.createDirectory(folder.resolve("nginx")),
                instances.stream().map(ServiceProcess::port).toList());
    }

    @AfterAll
    static void stop() {
        if (proxy != null) {
            proxy.close();
        }
        instances.forEach(ServiceProcess::close);
    }

    @Test
    void the_sends_of_a_rolling_restart_get_an_answer_of_an_instance_and_each_is_there() throws Exception {
        QueueClient queue = proxy.http().queue("{\"visibilityTimeout\": \"1h\"}");
        Map<String, AtomicInteger> answers = new ConcurrentHashMap<>();
        ConcurrentLinkedQueue<String> accepted = new ConcurrentLinkedQueue<>();
        AtomicBoolean ended = new AtomicBoolean();
        List<Thread> senders = new ArrayList<>();
        for (int n = 0; n < SENDERS; n++) {
            String prefix = "s" + n + "-";
            senders.add(Thread.ofVirtual().start(() -> {
                for (int i = 0; !ended.get(); i++) {
                    String result;
                    try {
                        Http.Answer answer = queue.send("{\"body\": \"" + prefix + i + "\"}");
                        result = answer.status() + answer.code();
                    } catch (UncheckedIOException noAnswer) {
                        result = noAnswer.toString();
                    }
                    answers.computeIfAbsent(result, any -> new AtomicInteger()).incrementAndGet();
                    if (result.equals("201")) {
                        accepted.add(prefix + i);
                    }
                }
            }));
        }
        try {
            for (ServiceProcess instance : instances.subList(0, RESTARTS)) {
                Thread.sleep(1500);
                assertThat(instance.stop()).as("exit code of an orderly stop").isIn(0, 143);
                Thread.sleep(500);
                instance.start();
            }
            Thread.sleep(1500);
        } finally {
            ended.set(true);
            for (Thread sender : senders) {
                sender.join();
            }
        }
        System.out.println("rolling restart of " + RESTARTS + " instances behind nginx: " + answers);
        assertThat(answers.keySet()).as("answers; nginx logged: " + proxy.errors())
                .allMatch(answer -> answer.equals("201") || answer.matches("(429|503)[A-Z_]+"));
        assertThat(accepted).hasSizeGreaterThan(1000);
        Map<String, Integer> deliveries = new HashMap<>();
        for (List<JsonNode> got = queue.receive(1000); !got.isEmpty(); got = queue.receive(1000)) {
            got.forEach(message -> deliveries.merge(QueueClient.body(message), 1, Integer::sum));
        }
        assertThat(deliveries.keySet()).containsAll(accepted);
        assertThat(deliveries.values()).as("each message was received once").allMatch(count -> count == 1);
    }

    @Test
    void a_poll_whose_client_has_gone_takes_nothing_through_the_proxy() throws Exception {
        QueueClient queue = proxy.http().queue("{\"maxDeliveries\": 1}");
        for (boolean reset : new boolean[] {false, true}) {
            List<RawHttp> polls = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                polls.add(new RawHttp(proxy.http()).post(queue.path() + "/receive", "{\"wait\": \"30s\"}"));
            }
            Thread.sleep(1000);
            polls.forEach(reset ? RawHttp::reset : RawHttp::close);
            Thread.sleep(1000);
            for (int i = 0; i < 10; i++) {
                queue.sendText("m" + i);
            }
            List<JsonNode> messages = queue.receive(100);
            assertThat(messages).hasSize(10).allMatch(message -> message.path("deliveries").asInt() == 1);
            assertThat(queue.deadLetters()).isEmpty();
        }
    }
}
