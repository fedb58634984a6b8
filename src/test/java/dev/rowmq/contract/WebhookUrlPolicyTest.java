package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.subscription.PushProperties;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The addresses that the service can be made to call, and those that it refuses. No message is sent, so no address is
 * called here.
 */
class WebhookUrlPolicyTest {

    private static QueueClient strict;
    private static RunningService lenient;

    @BeforeAll
    static void start() {
        strict = TestDatabase.H2.service().http().queue();
        lenient = new RunningService(TestDatabase.H2.freshUrl(), "rowmq.push.allow-cidrs=10.1.0.0/16,fd00::/8");
    }

    @AfterAll
    static void stop() {
        lenient.close();
    }

    private static Http.Answer subscribe(QueueClient queue, String url) {
        return queue.http().put(queue.path() + "/subscriptions/s", "{\"url\": " + Http.quoted(url) + "}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://1.1.1.1/",
                "file:///etc/passwd",
                "gopher://1.1.1.1/",
                "ftp://1.1.1.1/",
                "//1.1.1.1/",
                "1.1.1.1",
                "https:/1.1.1.1",
                "https://user@1.1.1.1/",
                "https://user:pw@1.1.1.1/",
                "https://1.1.1.1/#x",
                "https://1.1.1.1#@127.0.0.1/",
                "https://1.1.1.1\\@127.0.0.1/",
                "https://1.1.1.1:22/",
                "https://1.1.1.1:25/",
                "https://1.1.1.1:5432/",
                "https://1.1.1.1:0/",
                "https://1.1.1.1:65536/",
                "https://1.1.1.1:80/",
                "https://127.0.0.1/",
                "https://127.1/",
                "https://2130706433/",
                "https://0x7f000001/",
                "https://0x7f.1/",
                "https://0177.1/",
                "https://0177.0.0.1/",
                "https://127.0.0.1./",
                "https://0/",
                "https://0.0.0.0/",
                "https://1.1.1.1.:443/",
                "https://010.1.1.1/",
                "https://[::]/",
                "https://[::1]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[::ffff:7f00:1]/",
                "https://[::127.0.0.1]/",
                "https://[64:ff9b::7f00:1]/",
                "https://[64:ff9b:1::1]/",
                "https://[2002:7f00:1::]/",
                "https://[2001::1]/",
                "https://[2001:db8::1]/",
                "https://[fe80::1]/",
                "https://[fe80::1%25eth0]/",
                "https://[fc00::1]/",
                "https://[fd12:3456::1]/",
                "https://[ff02::1]/",
                "https://[fec0::1]/",
                "https://[100::1]/",
                "https://169.254.169.254/latest/meta-data/",
                "https://168.63.129.16/",
                "https://100.64.0.1/",
                "https://100.127.255.255/",
                "https://10.1.2.3/",
                "https://172.16.0.1/",
                "https://172.31.255.255/",
                "https://192.168.1.1/",
                "https://192.0.0.1/",
                "https://192.0.2.1/",
                "https://198.18.0.1/",
                "https://198.51.100.1/",
                "https://203.0.113.1/",
                "https://224.0.0.1/",
                "https://240.0.0.1/",
                "https://255.255.255.255/",
                "https://localhost/",
                "https://localhost./",
                "https://LOCALHOST/",
                "https://127.0.0.1.nip.invalid/",
                "https://b\u00fccher.invalid/",
                "https://\uff11\uff12\uff17.0.0.1/",
                "https://1.1.1.1\r\nHost: x/",
                "https://exa mple.com/",
                "https://",
                "https:///x",
                "javascript:alert(1)"
            })
    void these_are_refused(String url) {
        Http.Answer answer = subscribe(strict, url).expect(400);
        assertThat(answer.code()).isEqualTo("URL_NOT_ALLOWED");
        assertThat(answer.json().path("field").asString()).isEqualTo("url");
    }

    /** Addresses to which a name may resolve by the time that a connection is opened. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1", "10.2.3.4", "169.254.169.254", "168.63.129.16", "100.64.0.1", "::1", "::ffff:127.0.0.1",
                        "64:ff9b::7f00:1",
                "2002:7f00:1::", "2001:db8::1", "fe80::1", "fc00::1", "::", "0.0.0.0", "255.255.255.255", "localhost"
            })
    void none_of_these_is_opened(String host) {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> TestDatabase.H2
                        .service()
                        .bean(dev.rowmq.queue.subscription.WebhookUrlPolicy.class)
                        .open(host, 443))
                .isInstanceOf(java.net.UnknownHostException.class);
    }

    @Test
    void a_public_address_is_opened_on_443_only() throws Exception {
        dev.rowmq.queue.subscription.WebhookUrlPolicy targets =
                lenient.bean(dev.rowmq.queue.subscription.WebhookUrlPolicy.class);
        assertThat(targets.open("1.1.1.1", 443)).hasSize(1);
        assertThat(targets.open("10.1.0.1", 25)).hasSize(1);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> targets.open("1.1.1.1", 25))
                .isInstanceOf(java.net.UnknownHostException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://1.1.1.1",
                "https://1.1.1.1:443/a?b=c",
                "HTTPS://8.8.4.4/in",
                "https://[2606:4700:4700::1111]/",
                "https://172.32.0.1/",
                "https://100.128.0.1/"
            })
    void these_are_public(String url) {
        QueueClient queue = strict.http().queue();
        subscribe(queue, url).expect(201);
        queue.http().delete(queue.path()).expect(204);
    }

    @Test
    void a_network_that_is_allowed_is_called_by_http_too_and_on_any_port_and_no_other_is() {
        QueueClient queue = lenient.http().queue();
        for (String url :
                List.of("http://10.1.2.3:8080/", "https://10.1.255.255/", "http://[fd00::1]:81/", "https://1.1.1.1/")) {
            assertThat(subscribe(queue, url).status()).as(url).isIn(200, 201);
        }
        for (String url : List.of(
                "http://10.2.0.1/",
                "https://127.0.0.1/",
                "http://1.1.1.1/",
                "https://1.1.1.1:8080/",
                "https://10.257.0.1/",
                "http://[::ffff:10.2.0.1]/")) {
            assertThat(subscribe(queue, url).status()).as(url).isEqualTo(400);
        }
    }

    @Test
    void settings_that_cannot_be_stop_the_start() {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> new PushProperties(List.of(), Duration.ofHours(1)))
                .hasMessageContaining("rowmq.push.probe-after")
                .hasMessageContaining("100ms to 10m");
    }
}
