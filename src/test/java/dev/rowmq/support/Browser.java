package dev.rowmq.support;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.stream.Stream;

import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A Chromium of this machine, without a window. Tests are skipped where there is none, unless {@code
 * rowmq.browser.required} is set, as in CI.
 */
public final class Browser implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Path SCREENSHOTS = Path.of("target/screenshots");

    private final ChromeDriver driver;

    private Browser(Path browser, Path chromedriver) {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(browser.toString());
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1280,900");
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        this.driver = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(chromedriver.toFile())
                        .usingAnyFreePort()
                        .withEnvironment(Map.of("LANG", "en_US.UTF-8", "PATH", System.getenv("PATH")))
                        .build(),
                options);
        driver.manage().timeouts().scriptTimeout(PATIENCE);
    }

    public static Browser open() {
        Optional<Path> browser = Stream.of(
                        Stream.ofNullable(System.getProperty("rowmq.browser")).map(Path::of),
                        Stream.ofNullable(System.getenv("CHROME_BIN")).map(Path::of),
                        onPath("chromium", "chromium-browser", "google-chrome"))
                .flatMap(found -> found)
                .filter(Files::isExecutable)
                .findFirst();
        Optional<Path> driver = Stream.concat(
                        onPath("chromedriver"), Stream.of(Path.of("/usr/lib/chromium/chromedriver")))
                .filter(Files::isExecutable)
                .findFirst();
        boolean there = browser.isPresent() && driver.isPresent();
        if (!there && Boolean.getBoolean("rowmq.browser.required")) {
            throw new AssertionError("no browser, and rowmq.browser.required is set");
        }
        assumeTrue(there, "no browser: apt-get install chromium chromium-driver, or -Drowmq.browser=...; skipped");
        return new Browser(browser.get(), driver.get());
    }

    private static Stream<Path> onPath(String... names) {
        return Arrays.stream(names).flatMap(name -> Arrays.stream(
                        System.getenv("PATH").split(File.pathSeparator)).map(folder -> Path.of(folder, name)));
    }

    public ChromeDriver driver() {
        return driver;
    }

    public void go(String url) {
        driver.get(url);
    }

    /** Emulates a preference of the user for {@code light} or {@code dark}. */
    public void prefer(String scheme) {
        driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of(
                "features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** Makes the page as large as that of a device; 0 = the window again. */
    public void size(int width, int height) {
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", Map.of(
                "width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    public Object script(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    public String text() {
        return driver.findElement(By.tagName("body")).getText();
    }

    public void waitForText(String text) {
        await("the page shows '" + text + "'", () -> text().contains(text));
    }

    public void waitForNoText(String text) {
        await("the page does not show '" + text + "'", () -> !text().contains(text));
    }

    public void await(String what, Callable<Boolean> condition) {
        try {
            Eventually.within(PATIENCE, what, condition);
        } catch (AssertionError late) {
            throw new AssertionError(what + "; it shows: " + text(), late);
        }
    }

    /** The first shown element of a kind with this text in it. */
    public WebElement find(String tag, String text) {
        await(tag + " '" + text + "'", () -> candidates(tag, text).findFirst().isPresent());
        return candidates(tag, text).findFirst().orElseThrow();
    }

    private Stream<WebElement> candidates(String tag, String text) {
        return driver.findElements(By.cssSelector(tag)).stream()
                .filter(element -> element.isDisplayed() && element.getText().contains(text));
    }

    public boolean shows(String tag, String text) {
        return candidates(tag, text).findFirst().isPresent();
    }

    public void click(String tag, String text) {
        await("click on " + text, () -> {
            find(tag, text).click();
            return true;
        });
    }

    /** The input whose label begins with this text. */
    public WebElement field(String label) {
        String path = "//label[starts-with(normalize-space(.), \"" + label + "\")]//*[self::input or self::textarea or"
                + " self::select]";
        await("the field " + label, () -> driver.findElements(By.xpath(path)).stream()
                .anyMatch(WebElement::isDisplayed));
        return driver.findElements(By.xpath(path)).stream().filter(WebElement::isDisplayed).findFirst().orElseThrow();
    }

    public void type(String label, String text) {
        WebElement field = field(label);
        field.clear();
        field.sendKeys(text);
    }

    /** What the browser reported since the last call: errors of scripts, refused resources, violations of policies. */
    public List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    /** Keeps a picture of the page. */
    public void screenshot(String name) {
        try {
            Files.createDirectories(SCREENSHOTS);
            Files.write(SCREENSHOTS.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /**
     * The page as an SVG image, which is text: its elements and its style sheet, without pictures and charts. It is
     * light or dark as the reader prefers.
     *
     * @param height of the image in pixels; what is below is left out
     */
    public String drawing(int height) {
        return (String) script("""
                const page = document.body.cloneNode(true);
                page.querySelectorAll('script, link, canvas, dialog, .card:has(.chart)')
                    .forEach((node) => node.remove());
                const comments = document.createTreeWalker(page, NodeFilter.SHOW_COMMENT);
                const found = [];
                while (comments.nextNode()) {
                    found.push(comments.currentNode);
                }
                found.forEach((comment) => comment.remove());
                const style = document.createElement('style');
                style.textContent = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
                    .map((rule) => rule.cssText).join('\\n').replace(/^body/gm, '.page');
                const root = document.createElement('div');
                root.className = 'page';
                root.append(style, ...page.childNodes);
                const width = window.innerWidth;
                return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${arguments[0]}">`
                    + '<foreignObject width="100%" height="100%">'
                    + new XMLSerializer().serializeToString(root).replace(/\\s*\\n\\s*/g, '\\n')
                    + '</foreignObject></svg>\\n';
                """, height);
    }

    @Override
    public void close() {
        driver.quit();
    }
}
