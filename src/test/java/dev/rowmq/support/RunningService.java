package dev.rowmq.support;

import dev.rowmq.RowMqApplication;

import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The service in this JVM, on a port of its own. */
public final class RunningService implements AutoCloseable {

    private final ConfigurableApplicationContext context;
    private final String url;
    private boolean inMemory;

    public RunningService(String databaseUrl, String... settings) {
        Map<String, String> all = new LinkedHashMap<>(Map.of(
                "server.port", "0",
                "spring.datasource.url", databaseUrl,
                "rowmq.metrics.interval", "200ms",
                "spring.main.register-shutdown-hook", "false",
                "logging.level.root", "warn"));
        for (String setting : settings) {
            all.put(setting.substring(0, setting.indexOf('=')), setting.substring(setting.indexOf('=') + 1));
        }
        this.context = SpringApplication.run(
                RowMqApplication.class,
                all.entrySet().stream()
                        .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                        .toArray(String[]::new));
        this.url = databaseUrl;
    }

    public Http http() {
        Http http = new Http("http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port"));
        return inMemory ? http.inMemory() : http;
    }

    /** From now on {@link #http} creates queues in memory. */
    RunningService inMemory() {
        inMemory = true;
        return this;
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    public <T> T bean(String name, Class<T> type) {
        return context.getBean(name, type);
    }

    public String databaseUrl() {
        return url;
    }

    @Override
    public void close() {
        context.close();
    }
}
