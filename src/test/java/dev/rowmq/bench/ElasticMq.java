package dev.rowmq.bench;

import dev.rowmq.support.Conversation;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.LoadClient;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A rival: ElasticMQ, in memory and not durable, over its SQS protocol (AWS JSON 1.0), in a JVM of its own. */
final class ElasticMq implements AutoCloseable {

    private static final String MAIN = "org.elasticmq.server.Main";

    private final Process process;
    private final int port;

    ElasticMq() {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        try {
            Path folder = Files.createDirectories(Path.of("target/bench")).toAbsolutePath();
            Path settings = Files.writeString(folder.resolve("elasticmq.conf"), """
                include classpath("application.conf")
                node-address { protocol = http, host = localhost, port = %1$d }
                rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = %1$d }
                rest-stats { enabled = false }
                queues { bench {}, "bench.fifo" { fifo = true } }
                """.formatted(port));
            Path log = folder.resolve("elasticmq.log");
            process = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-Xmx" + Service.HEAP,
                            "-Dconfig.file=" + settings,
                            "-Dlogback.configurationFile=" + quiet(folder),
                            "-cp",
                            System.getProperty("java.class.path"),
                            MAIN)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            Eventually.within(Duration.ofSeconds(60), "ElasticMQ answers; its log: " + log, () -> {
                try (Socket socket = new Socket("127.0.0.1", port)) {
                    return socket.isConnected();
                }
            });
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static Path quiet(Path folder) throws IOException {
        return Files.writeString(folder.resolve("logback.xml"), "<configuration><root level=\"off\"/></configuration>");
    }

    /** Whether ElasticMQ is on the class path, as in the profile {@code bench}. */
    static boolean here() {
        return ElasticMq.class.getClassLoader().getResource(MAIN.replace('.', '/') + ".class") != null;
    }

    int port() {
        return port;
    }

    Conversation send() {
        String body = "{\"QueueUrl\":\"http://localhost:" + port + "/000000000000/bench\",\"MessageBody\":\""
                + Conversations.BODY + "\"}";
        String head = "POST / HTTP/1.1\r\nHost: localhost:" + port + "\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
                + "Content-Type: application/x-amz-json-1.0\r\nContent-Length: " + body.length() + "\r\n\r\n";
        return new Conversations.Same(ByteBuffer.wrap((head + body).getBytes(StandardCharsets.US_ASCII)), 200, 1);
    }

    /** Empties the queue, all of which is in memory. */
    void purge() {
        String body = "{\"QueueUrl\":\"http://localhost:" + port + "/000000000000/bench\"}";
        String head = "POST / HTTP/1.1\r\nHost: localhost:" + port + "\r\nX-Amz-Target: AmazonSQS.PurgeQueue\r\n"
                + "Content-Type: application/x-amz-json-1.0\r\nContent-Length: " + body.length() + "\r\n\r\n";
        LoadClient.run(
                port,
                List.of(new Conversations.Same(
                        ByteBuffer.wrap((head + body).getBytes(StandardCharsets.US_ASCII)), 200, 1)),
                Duration.ofMillis(1));
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
