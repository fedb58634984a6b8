package dev.rowmq.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Browser;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import com.deque.html.axecore.results.Rule;
import com.deque.html.axecore.selenium.AxeBuilder;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/** Each screen, in light and dark, wide and narrow: it has its content, and keeps to the rules of a good page. */
@Tag("long")
class ConsoleScreensTest {

    private static final String SCREENS = """
        overview    | '#/'                               | Needs attention
        queues      | '#/queues'                         | orders
        messages    | '#/queues/orders/messages'         | m-1
        in-flight   | '#/queues/orders/messages?state=inFlight' | Leased until
        message     | '#/queues/orders/messages/m-1'     | accepted
        dead        | '#/queues/orders/dead-letters'     | By reason and error
        dead-letter | '#/queues/orders/dead-letters/d-1' | max-deliveries
        settings    | '#/queues/orders/settings'         | Visibility timeout
        pushed      | '#/queues/empty/subscriptions'     | billing
        topics      | '#/topics'                         | events
        send        | '#/send?queue=orders'              | Send a message
        filtered    | '#/queues/orders/messages?text=1234&columns=type' | order.created
        live        | '#/queues/orders/live'             | Waiting for the next message
        tasks       | '#/tasks'                          | completed
        audit       | '#/audit'                          | putQueue
        service     | '#/service'                        | Partitions
        """;

    private static RunningService service;
    private static Browser browser;

    @BeforeAll
    static void start() {
        browser = Browser.open();
        service = new RunningService(
                TestDatabase.H2.freshUrl(), "rowmq.console.banner=test", "rowmq.push.allow-cidrs=127.0.0.0/8");
        Http http = service.http();
        http.put("/v1/queues/orders", "{\"maxDeliveries\": 1}").expect(201);
        http.put("/v1/queues/empty", "{}").expect(201);
        QueueClient orders = new QueueClient(http, "orders");
        for (int i = 1; i <= 3; i++) {
            orders.send("{\"id\": \"d-%d\", \"body\": {\"n\": %d}}".formatted(i, i)).expect(201);
            orders.settle("nack", orders.receiveOne(), ", \"error\": \"timeout after %d ms\"".formatted(1000 + i));
        }
        orders.send("{\"id\": \"leased\", \"body\": \"x\"}").expect(201);
        orders.receive("{\"visibilityTimeout\": \"1h\"}");
        orders.send("{\"id\": \"later\", \"body\": \"x\", \"delay\": \"1h\"}").expect(201);
        for (int i = 1; i <= 3; i++) {
            orders.send("""
                    {"id": "m-%d", "body": {"order": {"number": 12345678901234567890, "price": 99.50, "items": [1, 2]}},
                     "metadata": {"type": "order.created"}}""".formatted(i)).expect(201);
        }
        http.put("/v1/queues/empty/subscriptions/billing", "{\"url\": \"http://127.0.0.1:9/hook\"}").expect(201);
        http.post("/v1/queues/empty/subscriptions/billing/pause", null).expect(200);
        String filter = "{\"type\": [\"order.created\", \"order.paid\"]}";
        http.put("/v1/topics/events", "{\"bindings\": [{\"queue\": \"orders\", \"filter\": " + filter + "}]}")
                .expect(201);
        http.post("/v1/queues/empty/tasks", "{\"action\": \"delete\"}").expect(202);
        Eventually.within(Duration.ofSeconds(10), "figures", () ->
                http.get("/v1/figures").json().path("totals").path("dead").asInt() == 3);
    }

    @AfterAll
    static void stop() {
        if (service != null) {
            service.close();
        }
        if (browser != null) {
            browser.close();
        }
    }

    private static String base() {
        return service.http().base();
    }

    private static void open(String address, String content) {
        browser.go("about:blank");
        browser.complaints();
        browser.go(base() + "/console/" + address);
        browser.waitForText(content);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = SCREENS)
    void a_screen_is_accessible_keeps_to_its_origin_and_fits(String name, String address, String content) {
        for (String scheme : List.of("light", "dark")) {
            browser.size(1280, 900);
            browser.prefer(scheme);
            open(address, content);
            List<Rule> violations = new AxeBuilder().analyze(browser.driver()).getViolations();
            assertThat(violations)
                    .as(name + " in " + scheme)
                    .extracting(rule -> rule.getId() + ": " + rule.getNodes())
                    .isEmpty();
            browser.screenshot(name + "-" + scheme);
            assertThat(browser.complaints()).as(name + " in " + scheme).isEmpty();
        }
        assertThat((List<?>) browser.script("""
                return performance.getEntriesByType('resource').map(({ name }) => name)
                    .filter((name) => !name.startsWith(location.origin))""")).isEmpty();
        browser.size(390, 844);
        open(address, content);
        assertThat(browser.script("return document.documentElement.scrollWidth > document.documentElement.clientWidth"))
                .as(name + " at 390 x 844").isEqualTo(false);
        browser.screenshot(name + "-narrow");
    }

    @Test
    void metadata_is_tried_against_the_filters_of_a_topic() {
        open("#/topics", "events");
        browser.click("summary", "Try metadata");
        browser.field("One name=value").sendKeys("type=order.paid");
        browser.waitForText("gets it");
        browser.field("One name=value").clear();
        browser.field("One name=value").sendKeys("type=order.lost");
        browser.waitForText("does not get it");
    }

    /** The README shows two screens; they have the parts that the console has now. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        overview     | '#/'                           | Needs attention     | 420
        dead-letters | '#/queues/orders/dead-letters' | By reason and error | 620
        """)
    void the_pictures_of_the_readme_are_current(String name, String address, String content, int height)
            throws Exception {
        browser.size(1000, 900);
        open(address, content);
        String drawing = browser.drawing(height);
        Path fresh = Files.createDirectories(Path.of("target/screenshots")).resolve("console-" + name + ".svg");
        Files.writeString(fresh, drawing);
        Path shown = Path.of("src/main/docs/console-" + name + ".svg");
        assertThat(Files.readString(Path.of("README.md"))).contains(shown.toString());
        assertThat(drawing.length()).as("small").isLessThan(40_000);
        assertThat(parts(Files.readString(shown))).as("%s shows an older console; copy %s to it", shown, fresh)
                .isEqualTo(parts(drawing));
        browser.go("data:image/svg+xml;base64," + Base64.getEncoder().encodeToString(Files.readAllBytes(shown)));
        browser.screenshot("drawing-" + name);
    }

    /** The texts of headings, columns and buttons, but for the heading of what a queue does not always have. */
    private static List<String> parts(String drawing) {
        return Pattern.compile("<(h1|h2|th|button|summary)\\b[^>]*>([^<]*)<")
                .matcher(drawing)
                .results()
                .map(found -> found.group(2).strip())
                .filter(text -> !text.isEmpty() && !text.matches(".*\\d.*|What holds it up"))
                .distinct()
                .toList();
    }

    @Test
    void the_root_leads_a_browser_to_the_console_and_tells_a_program_where_the_api_is() {
        browser.go(base());
        browser.waitForText("Needs attention");
        assertThat(browser.driver().getCurrentUrl()).startsWith(base() + "/console/");
        Http.Answer answer = service.http().get("/").expect(200);
        assertThat(answer.json().path("api").asString()).isEqualTo("v1/");
    }

    @Test
    void numbers_of_a_body_stay_as_they_were_sent() {
        open("#/queues/orders/messages/m-1", "12345678901234567890");
        assertThat(browser.text()).contains("99.50", "\"order\": {");
        browser.driver().findElement(By.cssSelector("button[aria-label=Fold]")).click();
        browser.waitForNoText("99.50");
    }

    @Test
    void looking_changes_nothing() {
        String before = service.http().get("/v1/queues/orders").json().path("stats").toString();
        for (String address : List.of("#/queues/orders/messages", "#/queues/orders/messages?state=inFlight",
                "#/queues/orders/messages?state=delayed", "#/queues/orders/messages/leased")) {
            open(address, address.endsWith("leased") ? "lease of delivery 1" : "Find by id");
        }
        String after = service.http().get("/v1/queues/orders").json().path("stats").toString();
        assertThat(after.replaceAll("\"oldestAge\":\"[^\"]*\"", "")).isEqualTo(
                before.replaceAll("\"oldestAge\":\"[^\"]*\"", ""));
    }

    @Test
    void the_keyboard_leads_everywhere() {
        open("#/", "Needs attention");
        browser.driver().findElement(By.tagName("body")).sendKeys("gq");
        browser.waitForText("Filter by name");
        browser.driver().findElement(By.tagName("body")).sendKeys("/");
        browser.driver().switchTo().activeElement().sendKeys("order");
        browser.waitForNoText("empty");
        browser.driver().switchTo().activeElement().sendKeys("?");
        assertThat(browser.shows("dialog", "Keyboard")).isFalse();
        browser.script("document.activeElement.blur()");
        browser.driver().findElement(By.tagName("body")).sendKeys("?");
        browser.find("dialog", "Keyboard");
        browser.driver().switchTo().activeElement().sendKeys(Keys.ESCAPE);
        browser.await("the dialog is closed", () -> !browser.shows("dialog", "Keyboard"));
    }

    @Test
    void a_hidden_tab_asks_for_nothing() throws Exception {
        open("#/queues", "orders");
        browser.script("""
                Object.defineProperty(document, 'hidden', { value: true, configurable: true });
                document.dispatchEvent(new Event('visibilitychange'));""");
        // the stream that was just closed is reported late
        Thread.sleep(1000);
        browser.script("performance.clearResourceTimings()");
        Thread.sleep(3000);
        assertThat(browser.script("return performance.getEntriesByType('resource').length")).isEqualTo(0L);
        new QueueClient(service.http(), "empty").sendText("seen later");
        browser.script("""
                Object.defineProperty(document, 'hidden', { value: false, configurable: true });
                document.dispatchEvent(new Event('visibilitychange'));""");
        browser.await("live again", () -> browser.find("tr", "empty").getText().matches("(?s)empty 1 .*"));
        service.http().delete("/v1/queues/empty/messages").expect(202);
    }
}
