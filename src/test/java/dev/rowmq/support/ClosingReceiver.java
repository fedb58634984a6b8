package dev.rowmq.support;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A receiver that answers 200 to every call and closes the connection after a while without announcing it. */
public final class ClosingReceiver implements AutoCloseable {

    private final ServerSocket server;
    private final long millis;
    private final List<String> ids = new CopyOnWriteArrayList<>();

    /** @param millis idle time in milliseconds after which a connection is closed; 0 = closed after each answer */
    public ClosingReceiver(long millis) {
        this.millis = millis;
        try {
            server = new ServerSocket(0, 200, InetAddress.getByName("127.0.0.1"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setSoTimeout(millis == 0 ? 5000 : (int) millis);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (boolean more = true; more; ) {
                int length = 0;
                for (String line = line(in); !line.isEmpty(); line = line(in)) {
                    if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                        length = Integer.parseInt(line.substring(15).strip());
                    } else if (line.regionMatches(true, 0, "webhook-id:", 0, 11)) {
                        ids.add(line.substring(11).strip());
                    }
                }
                in.readNBytes(length);
                socket.getOutputStream().write(
                        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                more = millis > 0;
            }
        } catch (IOException idleOrGone) {
            // the connection is closed without an announcement, as intended
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("closed");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    /** The {@code webhook-id} of each call. */
    public List<String> ids() {
        return ids;
    }

    public String url() {
        return "http://127.0.0.1:" + server.getLocalPort() + "/in";
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
