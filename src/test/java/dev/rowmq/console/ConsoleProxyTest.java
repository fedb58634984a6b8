package dev.rowmq.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Browser;
import dev.rowmq.support.Http;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Executors;

import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.support.ClassicRequestBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The console below a path, behind a proxy that strips the path or keeps it. */
@Tag("long")
class ConsoleProxyTest {

    private static final String KEY = "admin-secret-0123456789";
    private static final String PATH = "/ops/rowmq";
    private static final Set<String> OWN = Set.of("connection", "content-length", "transfer-encoding", "upgrade");

    /** Passes requests on, with the host that the browser sent, as the documented settings of nginx do. */
    private static HttpServer proxy(URI service, boolean strips) throws IOException {
        CloseableHttpClient client = HttpClients.custom()
                .disableRedirectHandling()
                .disableContentCompression()
                .disableCookieManagement()
                .disableAutomaticRetries()
                .build();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(PATH + "/", exchange -> pass(client, service, strips, exchange));
        server.start();
        return server;
    }

    private static void pass(CloseableHttpClient client, URI service, boolean strips, HttpExchange exchange)
            throws IOException {
        String path = exchange.getRequestURI().toString();
        HttpHost host = new HttpHost(service.getHost(), service.getPort());
        ClassicRequestBuilder request = ClassicRequestBuilder.create(exchange.getRequestMethod())
                .setPath(strips ? path.substring(PATH.length()) : path)
                .setEntity(exchange.getRequestBody().readAllBytes(), null);
        exchange.getRequestHeaders().forEach((name, values) -> {
            if (!OWN.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.addHeader(name, value));
            }
        });
        try (exchange;
                ClassicHttpResponse answer = client.executeOpen(host, request.build(), null)) {
            for (Header header : answer.getHeaders()) {
                if (!OWN.contains(header.getName().toLowerCase(Locale.ROOT))) {
                    exchange.getResponseHeaders().add(header.getName(), header.getValue());
                }
            }
            if (answer.getEntity() == null || answer.getEntity().getContentLength() == 0) {
                exchange.sendResponseHeaders(answer.getCode(), -1);
                return;
            }
            exchange.sendResponseHeaders(answer.getCode(), Math.max(0, answer.getEntity().getContentLength()));
            try (InputStream in = answer.getEntity().getContent(); OutputStream out = exchange.getResponseBody()) {
                byte[] some = new byte[8192];
                for (int read = in.read(some); read >= 0; read = in.read(some)) {
                    out.write(some, 0, read);
                    out.flush();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void the_console_works_below_a_path(boolean strips) throws IOException {
        List<String> settings = new ArrayList<>(List.of(
                "rowmq.security.api-keys[0].name=admin",
                "rowmq.security.api-keys[0].secret=" + KEY,
                "rowmq.security.api-keys[0].role=admin"));
        if (!strips) {
            settings.add("server.servlet.context-path=" + PATH);
        }
        try (Browser browser = Browser.open();
                RunningService service =
                        new RunningService(TestDatabase.H2.freshUrl(), settings.toArray(String[]::new))) {
            HttpServer proxy = proxy(URI.create(service.http().base()), strips);
            try {
                String base = "http://127.0.0.1:" + proxy.getAddress().getPort() + PATH;
                Http http = new Http(base).withKey(KEY);
                http.put("/v1/queues/orders", "{}").expect(201);
                browser.go(base + "/console");
                browser.waitForText("API key");
                assertThat(browser.driver().getCurrentUrl()).isEqualTo(base + "/console/");
                browser.type("API key", KEY);
                browser.click("button", "Sign in");
                browser.waitForText("Needs attention");
                assertThat(browser.driver().manage().getCookieNamed("rowmq_console").getPath()).isEqualTo(PATH + "/");
                browser.go(base + "/console/#/queues/orders");
                browser.click("button", "Pause…");
                browser.click("dialog button", "Pause orders");
                browser.waitForText("The queue is paused");
                assertThat(http.get("/v1/queues/orders").json().path("paused").asBoolean()).isTrue();
                http.post("/v1/queues/orders/messages", "{\"body\": \"x\"}").expect(201);
                browser.await("live", () -> browser.find(".tile", "ready").getText().startsWith("1"));
                assertThat(browser.complaints()).as("there was no session yet").allMatch(complaint ->
                        complaint.contains("/v1/whoami - Failed to load resource") && complaint.contains("401"));
            } finally {
                proxy.stop(0);
            }
        }
    }
}
