package dev.rowmq.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Browser;
import dev.rowmq.support.Http;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Cookie;

/** Sign-in with a key, and what each role sees; the service decides again. */
class ConsoleAccessTest {

    /** The calls of all actions of the console that change something. */
    private static final List<String> REFUSED_TO_READERS = List.of(
            "PUT ", "DELETE ", "DELETE /messages", "POST /pause", "POST /resume", "POST /messages",
            "DELETE /messages/x", "POST /messages/x/move", "POST /messages/x/make-ready", "POST /tasks",
            "POST /tasks/preview", "POST /dead-letters/redrive", "DELETE /dead-letters", "DELETE /dead-letters/x",
            "POST /subscriptions/x/pause", "POST /subscriptions/x/resume", "DELETE /subscriptions/x");

    private static final String ADMIN = "admin-secret-0123456789";
    private static final String SEND = "send-secret-0123456789x";
    private static final String READ = "read-secret-0123456789x";
    private static final String TEAM = "team-secret-0123456789x";

    private static RunningService service;
    private static Browser browser;

    @BeforeAll
    static void start() {
        service = started();
        service.http().withKey(ADMIN).put("/v1/queues/orders", "{}").expect(201);
        service.http().withKey(ADMIN).put("/v1/queues/bills", "{}").expect(201);
    }

    private static RunningService started(String... more) {
        List<String> settings = new ArrayList<>(List.of(
                "rowmq.security.api-keys[0].name=admin",
                "rowmq.security.api-keys[0].secret=" + ADMIN,
                "rowmq.security.api-keys[0].role=admin",
                "rowmq.security.api-keys[1].name=producer",
                "rowmq.security.api-keys[1].secret=" + SEND,
                "rowmq.security.api-keys[1].role=send",
                "rowmq.security.api-keys[2].name=eyes",
                "rowmq.security.api-keys[2].secret=" + READ,
                "rowmq.security.api-keys[2].role=read",
                "rowmq.security.api-keys[3].name=team",
                "rowmq.security.api-keys[3].secret=" + TEAM,
                "rowmq.security.api-keys[3].role=admin",
                "rowmq.security.api-keys[3].queues=orders*"));
        settings.addAll(List.of(more));
        return new RunningService(TestDatabase.H2.freshUrl(), settings.toArray(String[]::new));
    }

    @AfterAll
    static void stop() {
        service.close();
        if (browser != null) {
            browser.close();
        }
    }

    private static Http.Answer signIn(RunningService service, String secret) {
        return service.http().post("/console/session", "{\"key\": \"" + secret + "\", \"path\": \"/\"}");
    }

    /** The session of an answer, as a header. */
    private static String session(Http.Answer answer) {
        String cookie = answer.expect(204).header("Set-Cookie").orElseThrow();
        assertThat(cookie).contains("; HttpOnly", "; SameSite=Strict", "; Path=/;", "; Max-Age=28800");
        return cookie.substring(0, cookie.indexOf(';'));
    }

    private static int put(RunningService service, String session, String... headers) {
        HttpRequest.Builder request = service.http().request("/v1/queues/orders")
                .header("Cookie", session).header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString("{}"));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return service.http().send(request).status();
    }

    @Test
    void a_session_reads_and_changes_only_from_the_console_s_own_pages() {
        String session = session(signIn(service, ADMIN));
        String origin = service.http().base();
        assertThat(service.http().withHeader("Cookie", session).get("/v1/queues").status()).isEqualTo(200);
        assertThat(put(service, session, "X-RowMQ-Console", "1", "Sec-Fetch-Site", "same-origin")).isEqualTo(200);
        assertThat(put(service, session, "X-RowMQ-Console", "1", "Origin", origin)).isEqualTo(200);
        assertThat(put(service, session, "X-RowMQ-Console", "1")).isEqualTo(403);
        assertThat(put(service, session, "Sec-Fetch-Site", "same-origin")).isEqualTo(403);
        assertThat(put(service, session, "X-RowMQ-Console", "1", "Sec-Fetch-Site", "same-site")).isEqualTo(403);
        assertThat(put(service, session, "X-RowMQ-Console", "1", "Origin", "http://evil.example")).isEqualTo(403);
        assertThat(put(service, session, "X-RowMQ-Console", "1", "Sec-Fetch-Site", "cross-site", "Origin", origin))
                .isEqualTo(403);
    }

    @Test
    void no_changed_session_is_accepted_and_one_ends_with_its_secret() {
        String session = session(signIn(service, READ));
        String value = session.substring(session.indexOf('=') + 1);
        for (int i = 0; i < value.length(); i++) {
            char other = value.charAt(i) == 'A' ? 'B' : 'A';
            String changed = "rowmq_console=" + value.substring(0, i) + other + value.substring(i + 1);
            Http.Answer answer = service.http().withHeader("Cookie", changed).get("/v1/whoami");
            // the last character of base64 has bits that are not used
            assertThat(answer.status()).as("character " + i).isIn(i == value.length() - 1
                    ? List.of(200, 401) : List.of(401));
        }
        try (RunningService other = started("rowmq.security.api-keys[2].secret=" + READ + "-next")) {
            assertThat(other.http().withHeader("Cookie", session).get("/v1/whoami").status()).isEqualTo(401);
            String admin = session(signIn(service, ADMIN));
            assertThat(other.http().withHeader("Cookie", admin).get("/v1/whoami").status())
                    .as("any instance accepts it").isEqualTo(200);
        }
    }

    @Test
    void attempts_are_limited_and_a_bad_request_names_its_field() {
        try (RunningService own = started()) {
            assertThat(own.http().post("/console/session", "{}").code()).isEqualTo("INVALID_REQUEST");
            String path = "{\"key\": \"" + READ + "\", \"path\": \"x; Secure\"}";
            assertThat(own.http().post("/console/session", path).code()).isEqualTo("INVALID_REQUEST");
            // ten, and one more for each six seconds that they take
            int attempts = 1;
            Http.Answer refused = signIn(own, "wrong");
            for (; refused.status() == 401 && attempts < 100; attempts++) {
                refused = signIn(own, "wrong");
            }
            assertThat(refused.status()).isEqualTo(429);
            assertThat(attempts).isGreaterThan(10);
            assertThat(refused.header("Retry-After")).isPresent();
        }
    }

    @Test
    void a_console_that_is_read_only_changes_nothing_and_one_that_is_off_is_not_there() {
        try (RunningService own = started("rowmq.console.read-only=true")) {
            String session = session(signIn(own, ADMIN));
            assertThat(put(own, session, "X-RowMQ-Console", "1", "Sec-Fetch-Site", "same-origin")).isEqualTo(403);
            own.http().withKey(ADMIN).put("/v1/queues/by-a-program", "{}").expect(201);
            assertThat(own.http().withKey(READ).get("/v1/whoami").json().path("readOnly").asBoolean()).isTrue();
        }
        try (RunningService own = started("rowmq.console.enabled=false")) {
            assertThat(own.http().withKey(ADMIN).get("/console/").status()).isEqualTo(404);
            assertThat(signIn(own, ADMIN).status()).isEqualTo(404);
        }
    }

    private static void signInByHand(String secret) {
        browser = browser == null ? Browser.open() : browser;
        browser.go(service.http().base() + "/console/");
        browser.driver().manage().deleteAllCookies();
        browser.go("about:blank");
        browser.go(service.http().base() + "/console/");
        browser.waitForText("API key");
        browser.type("API key", secret);
        browser.click("button", "Sign in");
    }

    private static long fetched(String method, String path) {
        return (Long) browser.driver().executeAsyncScript(
                """
                const [method, path, done] = arguments;
                fetch(new URL('../' + path, document.baseURI), { method, headers: { 'X-RowMQ-Console': '1' } })
                    .then(({ status }) => done(status), (failed) => done(String(failed)));""",
                method,
                path);
    }

    @Test
    void a_reader_sees_everything_and_is_offered_no_change() {
        signInByHand(READ);
        browser.waitForText("Needs attention");
        browser.go(service.http().base() + "/console/#/queues/orders");
        browser.waitForText("acked/s");
        assertThat(browser.text()).contains("eyes (read)").doesNotContain("Purge", "Pause", "Delete");
        for (String call : REFUSED_TO_READERS) {
            String[] parts = call.split(" ", -1);
            assertThat(fetched(parts[0], "v1/queues/orders" + parts[1])).as(call).isEqualTo(403);
        }
        browser.go(service.http().base() + "/console/#/tasks");
        browser.waitForText("There is none.");
        assertThat(fetched("GET", "v1/queues/orders")).isEqualTo(200);
        Cookie cookie = browser.driver().manage().getCookieNamed("rowmq_console");
        assertThat(cookie.isHttpOnly()).isTrue();
        assertThat(browser.script("return document.cookie")).isEqualTo("");
        browser.click("button", "Sign out");
        browser.waitForText("API key");
        assertThat(browser.driver().manage().getCookieNamed("rowmq_console")).isNull();
    }

    @Test
    void an_admin_may_do_all_and_a_limited_one_with_its_queues() {
        signInByHand("wrong-secret-0123456789");
        browser.waitForText("no API key has this secret");
        signInByHand(ADMIN);
        browser.waitForText("Needs attention");
        browser.go(service.http().base() + "/console/#/queues/orders");
        browser.click("button", "Pause…");
        browser.click("dialog button", "Pause orders");
        browser.waitForText("The queue is paused");
        browser.click("button", "Resume…");
        browser.click("dialog button", "Resume orders");
        signInByHand(TEAM);
        browser.waitForText("Needs attention");
        browser.go(service.http().base() + "/console/#/queues");
        browser.waitForText("orders");
        assertThat(browser.text()).doesNotContain("bills");
        browser.go(service.http().base() + "/console/#/queues/bills");
        browser.waitForText("limited to the queues orders*");
        assertThat(fetched("POST", "v1/queues/bills/pause")).isEqualTo(403);
        assertThat(fetched("POST", "v1/queues/orders/resume")).isEqualTo(200);
    }

    /** The page that a session with the role send has: it cannot look, but it can send. */
    @Test
    void a_sender_may_send() {
        signInByHand(SEND);
        browser.waitForText("producer (send)");
        browser.go(service.http().base() + "/console/#/send?queue=orders");
        browser.type("Body", "by hand");
        browser.click("button", "Send");
        browser.waitForText("Sent.");
        assertThat(fetched("POST", "v1/queues/orders/receive")).isEqualTo(403);
    }
}
