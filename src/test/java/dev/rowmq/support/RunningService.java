package dev.rowmq.support;

import dev.rowmq.RowMq;

import java.util.ArrayList;
import java.util.List;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The service in this JVM, on a port of its own. */
public final class RunningService implements AutoCloseable {

    private final ConfigurableApplicationContext context;
    private final String url;

    public RunningService(String databaseUrl, String... settings) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--spring.datasource.url=" + databaseUrl,
                "--rowmq.metrics.interval=200ms",
                "--spring.main.register-shutdown-hook=false",
                "--logging.level.root=warn"));
        for (String setting : settings) {
            arguments.add("--" + setting);
        }
        this.context = SpringApplication.run(RowMq.class, arguments.toArray(String[]::new));
        this.url = databaseUrl;
    }

    public Http http() {
        return new Http("http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port"));
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    public String databaseUrl() {
        return url;
    }

    @Override
    public void close() {
        context.close();
    }
}
