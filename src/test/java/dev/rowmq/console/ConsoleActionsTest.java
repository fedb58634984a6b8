package dev.rowmq.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Browser;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

import tools.jackson.databind.JsonNode;

/** What an operator does in the console, on both databases. */
@Tag("long")
class ConsoleActionsTest {

    /** Texts that a page must show and not run, or that are hard to put into an address. */
    private static final List<String> HOSTILE = List.of(
            "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "{{7*7}}${7*7}", "a/b", "a%2Fb", "a#b?c=d&e",
            "..%2f..", "\"'`<>&", "javascript:alert(1)", "\u202ertl", "\uD83D\uDE00", "ä ö", "%", "%zz", "__proto__",
            "constructor", "</pre></div>", "-->", "a;b", "a+b", "a\\b");

    private static Browser browser;

    @BeforeAll
    static void start() {
        browser = Browser.open();
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    private static void open(Http http, String address, String content) {
        browser.go("about:blank");
        browser.go(http.base() + "/console/" + address);
        browser.waitForText(content);
    }

    /** As {@link #open}, from another screen of the same page. */
    private static void change(String address, String content) {
        browser.script("location.hash = arguments[0]", address);
        browser.waitForText(content);
    }

    private static void fail(QueueClient queue, String error) {
        assertThat(queue.settle("nack", queue.receiveOne(), ", \"error\": " + Http.quoted(error))).isEqualTo("dead");
    }

    private static JsonNode stats(QueueClient queue) {
        return queue.stats();
    }

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void a_queue_is_created_filled_paused_purged_and_deleted(TestDatabase database) {
        Http http = database.service().http();
        String name = "made-by-hand-" + database.name().toLowerCase();
        open(http, "#/queues", "Create queue");
        browser.click("button", "Create queue");
        browser.type("Name", name);
        browser.click("summary", "Settings");
        browser.type("Maximum deliveries", "1");
        browser.click("summary", "As curl");
        assertThat(browser.find("pre", "curl").getText()).contains("curl -X PUT", name, "\"maxDeliveries\":1");
        browser.click("dialog button", "Create");
        browser.waitForText("Dead letters");
        QueueClient queue = new QueueClient(http, name);
        assertThat(http.get(queue.path()).expect(200).json().path("settings").path("maxDeliveries").asInt())
                .isEqualTo(1);

        open(http, "#/send?queue=" + name, "Send a message");
        browser.find("option", "JSON").click();
        browser.type("Body", "{\"n\": 12345678901234567890, \"v\": 1.50}");
        browser.field("Metadata").sendKeys("type: order.created");
        browser.click("button", "Send");
        browser.waitForText("Sent.");
        assertThat(http.get(queue.path() + "/messages").text())
                .contains("\"body\":{\"n\":12345678901234567890,\"v\":1.50}");

        open(http, "#/queues/" + name, "Pause");
        browser.click("button", "Pause…");
        browser.click("dialog button", "Pause " + name);
        browser.waitForText("The queue is paused");
        assertThat(http.get(queue.path()).json().path("paused").asBoolean()).isTrue();
        browser.click("button", "Resume…");
        browser.click("dialog button", "Resume " + name);
        browser.await("resumed", () -> !http.get(queue.path()).json().path("paused").asBoolean());

        browser.click("button", "Purge…");
        WebElement purge = browser.find("button", "Purge 1 message of " + name);
        assertThat(purge.isEnabled()).isFalse();
        browser.type("Type", name);
        purge.click();
        browser.waitForText("1 message removed.");
        assertThat(stats(queue).path("ready").asInt()).isZero();

        browser.click("button", "Delete…");
        browser.type("Type", name);
        browser.click("dialog button", "Delete " + name);
        browser.waitForText("Filter by name");
        http.get(queue.path()).expect(404);
    }

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void dead_letters_are_grouped_redriven_resent_and_deleted(TestDatabase database) {
        Http http = database.service().http();
        QueueClient queue = http.queue("{\"maxDeliveries\": 1}");
        for (int i = 1; i <= 4; i++) {
            queue.send("{\"id\": \"d-%d\", \"body\": {\"v\": 1.50}}".formatted(i)).expect(201);
            fail(queue, "no answer from 10.0.0." + i);
        }
        open(http, "#/queues/" + queue.name() + "/dead-letters", "no answer from #.#.#.#");
        assertThat(browser.find("tr", "no answer from #.#.#.#").getText()).startsWith("4 max-deliveries");

        browser.driver().findElement(By.cssSelector("input[aria-label='Choose d-1']")).click();
        browser.click("button", "Redrive chosen (1)…");
        browser.click("dialog button", "Redrive 1 dead letter");
        browser.await("one is back", () -> stats(queue).path("ready").asInt() == 1);

        open(http, "#/queues/" + queue.name() + "/dead-letters/d-2", "Edit and resend");
        browser.click("a", "Edit and resend");
        browser.waitForText("Send a message");
        browser.await("the body is there", () -> browser.field("Body").getDomProperty("value").contains("1.50"));
        browser.click("button", "Send");
        browser.waitForText("Sent.");
        assertThat(stats(queue).path("ready").asInt()).isEqualTo(2);

        open(http, "#/queues/" + queue.name() + "/dead-letters/d-2", "Delete…");
        browser.click("button", "Delete…");
        browser.click("dialog button", "Delete dead letter");
        browser.await("two are left", () -> stats(queue).path("dead").asInt() == 2);

        open(http, "#/queues/" + queue.name() + "/dead-letters", "d-3");
        browser.click("button", "Redrive all…");
        browser.click("dialog button", "Redrive 2 dead letters");
        browser.waitForText("completed");
        assertThat(stats(queue).path("ready").asInt()).isEqualTo(4);
    }

    @Test
    void messages_are_followed_as_they_are_sent_and_receivers_are_shown() {
        Http http = TestDatabase.H2.service().http();
        QueueClient queue = http.queue("{}");
        open(http, "#/queues/" + queue.name() + "/live", "Waiting for the next message");
        browser.await("it follows", () -> {
            queue.send("{\"body\": {\"n\": 12345678901234567890}}").expect(201);
            return browser.text().contains("12345678901234567890");
        });
        int stored = stats(queue).path("ready").asInt();
        browser.click("button", "Pause");
        assertThat(queue.receive(1)).hasSize(1);
        open(http, "#/queues/" + queue.name() + "/subscriptions", "without a key");
        assertThat(stats(queue).path("ready").asInt()).as("looking consumes nothing").isEqualTo(stored - 1);
    }

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void messages_that_match_are_previewed_and_changed(TestDatabase database) {
        Http http = database.service().http();
        QueueClient queue = http.queue("{}");
        QueueClient other = http.queue("{}");
        for (int i = 1; i <= 30; i++) {
            queue.send("{\"id\": \"m-%d\", \"body\": \"%s\"}".formatted(i, i % 2 == 0 ? "even" : "odd")).expect(201);
        }
        queue.send("{\"id\": \"late\", \"body\": \"x\", \"delay\": \"1h\"}").expect(201);
        open(http, "#/queues/" + queue.name() + "/messages", "m-1");
        browser.click("summary", "Filter and columns");
        browser.type("Text in the body", "even");
        browser.click("button", "Search");
        browser.waitForText("Looked at 30 messages");
        assertThat(browser.text()).contains("m-30").doesNotContain("m-29");
        browser.click("button", "Delete all that match…");
        browser.waitForText("The first: m-2, m-4, m-6.");
        browser.type("Type", queue.name());
        browser.click("dialog button", "Delete 15 messages");
        browser.waitForText("completed");
        assertThat(stats(queue).path("ready").asInt()).isEqualTo(15);

        open(http, "#/queues/" + queue.name() + "/messages", "m-1");
        browser.driver().findElement(By.cssSelector("input[aria-label='Choose m-1']")).click();
        browser.driver().findElement(By.cssSelector("input[aria-label='Choose m-3']")).click();
        browser.click("button", "Delete chosen (2)…");
        browser.waitForText("The first: m-1, m-3.");
        browser.type("Type", queue.name());
        browser.click("dialog button", "Delete 2 messages");
        browser.waitForText("completed");
        assertThat(stats(queue).path("ready").asInt()).isEqualTo(13);

        open(http, "#/queues/" + queue.name() + "/messages?text=odd", "m-5");
        browser.click("button", "Move all that match…");
        browser.type("Other queue", other.name());
        browser.type("Messages per second", "1000");
        browser.click("summary", "As curl");
        assertThat(browser.find("pre", "curl").getText()).contains("\"action\":\"move\"", "\"messagesPerSecond\":1000");
        browser.click("dialog button", "Move 13 messages");
        browser.await("they are moved", () -> stats(other).path("ready").asInt() == 13);

        open(http, "#/queues/" + queue.name() + "/messages/late", "Make ready…");
        browser.click("button", "Make ready…");
        browser.click("dialog button", "Make this message ready");
        browser.await("it is ready", () -> stats(queue).path("ready").asInt() == 1);
        browser.click("button", "Move…");
        browser.type("Other queue", other.name());
        browser.click("dialog button", "Move this message");
        browser.await("it is moved", () -> stats(other).path("ready").asInt() == 14);
        open(http, "#/queues/" + other.name() + "/messages/late", "Delete…");
        browser.click("button", "Delete…");
        browser.click("dialog button", "Delete this message");
        browser.await("it is deleted", () -> stats(other).path("ready").asInt() == 13);
    }

    /** The second of two operators is told that the settings have changed. */
    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
    void settings_show_the_difference_and_are_not_overwritten(TestDatabase database) {
        Http http = database.service().http();
        QueueClient queue = http.queue("{}");
        open(http, "#/queues/" + queue.name() + "/settings", "Visibility timeout");
        browser.type("Visibility timeout", "45s");
        browser.click("button", "Save…");
        assertThat(browser.find("dialog", "Change").getText()).contains("Visibility timeout 30s 45s");
        http.put(queue.path(), "{\"maxDeliveries\": 9}").expect(200);
        browser.click("dialog button", "Save");
        browser.waitForText("the settings have changed");
        assertThat(http.get(queue.path()).json().path("settings").path("visibilityTimeout").asString())
                .isEqualTo("30s");
        browser.click("button", "Discard");
        browser.await("the new ones", () -> browser.field("Maximum deliveries").getDomProperty("value").equals("9"));
        browser.type("Visibility timeout", "45s");
        browser.click("button", "Save…");
        browser.click("dialog button", "Save");
        browser.waitForText("Saved.");
        assertThat(http.get(queue.path()).json().path("settings").path("visibilityTimeout").asString())
                .isEqualTo("45s");
    }

    @ParameterizedTest
    @EnumSource(value = TestDatabase.class, names = {"H2"})
    void hostile_texts_are_shown_as_they_are(TestDatabase database) {
        Http http = database.service().http();
        QueueClient queue = http.queue("{\"maxDeliveries\": 1}");
        List<String> texts = IntStream.range(0, 210)
                .mapToObj(i -> HOSTILE.get(i % HOSTILE.size()) + (i < HOSTILE.size() ? "" : "-" + i))
                .toList();
        for (String text : texts) {
            boolean id = text.chars().noneMatch(c -> c == '\u202e');
            queue.send("{\"body\": %1$s, \"metadata\": {\"m\": %1$s}%2$s}".formatted(
                    Http.quoted(text), id ? ", \"id\": " + Http.quoted(text) : "")).expect(201);
        }
        browser.complaints();
        open(http, "#/queues/" + queue.name() + "/messages", "Find by id");
        for (int page = 1; page <= 9; page++) {
            String shown = browser.text();
            texts.subList((page - 1) * 25, Math.min(texts.size(), page * 25)).forEach(text ->
                    assertThat(shown).contains(text.strip()));
            if (page < 9) {
                browser.click("button", "Next");
                browser.waitForText("Page " + (page + 1));
                browser.waitForText(texts.get(page * 25));
            }
        }
        for (String text : HOSTILE) {
            if (text.indexOf('\u202e') < 0) {
                change("#/queues/" + queue.name() + "/messages", "Find by id");
                WebElement find = browser.field("Find by id");
                find.sendKeys(text, Keys.ENTER);
                browser.await("the message " + text, () -> browser.driver().findElements(By.tagName("h1")).stream()
                        .anyMatch(title -> title.getText().equals(text)) && browser.text().contains("accepted"));
            }
        }
        for (int i = 0; i < HOSTILE.size(); i++) {
            fail(queue, HOSTILE.get(i).replace("\u202e", ""));
        }
        open(http, "#/queues/" + queue.name() + "/dead-letters", "By reason and error");
        HOSTILE.forEach(text -> assertThat(browser.text())
                .contains(text.replace("\u202e", "").replaceAll("[0-9]+", "#")));
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.script("return document.querySelectorAll('main img, main script').length")).isEqualTo(0L);
    }
}
