package dev.rowmq.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Debian's nginx with the configuration of the cluster profile, as a proxy for instances on this machine. */
public final class Nginx implements AutoCloseable {

    private static final Path BINARY = Path.of("/usr/sbin/nginx");
    private static final Path CONFIGURATION = Path.of("src/main/docker/proxy.conf");

    private final Path folder;
    private final int port = ServiceProcess.freePort();
    private final Process process;

    /** @param ports ports of the instances rowmq-1, rowmq-2 and so on, in that order */
    public Nginx(Path folder, List<Integer> ports) throws IOException {
        this.folder = folder;
        String proxy = Files.readString(CONFIGURATION).replace("listen 8080", "listen 127.0.0.1:" + port);
        for (int n = 0; n < ports.size(); n++) {
            proxy = proxy.replace("rowmq-" + (n + 1) + ":8080", "127.0.0.1:" + ports.get(n));
        }
        String user = System.getProperty("user.name").equals("root") ? "user root;" : "";
        Path file = folder.resolve("nginx.conf");
        Files.writeString(
                file,
                """
                %2$s
                daemon off;
                pid %1$s/pid;
                error_log %1$s/error.log;
                events { worker_connections 1024; }
                http {
                    access_log off;
                    client_body_temp_path %1$s/body;
                    proxy_temp_path %1$s/proxy;
                    fastcgi_temp_path %1$s/fastcgi;
                    uwsgi_temp_path %1$s/uwsgi;
                    scgi_temp_path %1$s/scgi;
                    %3$s
                }
                """
                        .formatted(folder, user, proxy));
        String log = folder.resolve("error.log").toString();
        process = new ProcessBuilder(BINARY.toString(), "-e", log, "-c", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output.log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        Eventually.within(Duration.ofSeconds(10), "nginx listens; its log: " + folder, () -> {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                return socket.isConnected();
            }
        });
    }

    /** Whether nginx is installed; {@code .ci/run} installs it. */
    public static boolean installed() {
        return Files.isExecutable(BINARY);
    }

    public Http http() {
        return new Http("http://127.0.0.1:" + port);
    }

    public int port() {
        return port;
    }

    /** The error log of nginx. */
    public String errors() {
        try {
            return Files.readString(folder.resolve("error.log"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
