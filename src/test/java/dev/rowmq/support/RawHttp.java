package dev.rowmq.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A connection on which a test may write any bytes and disconnect at any time. */
public final class RawHttp implements AutoCloseable {

    private final Socket socket;

    public RawHttp(Http http) {
        URI base = URI.create(http.base());
        try {
            socket = new Socket(base.getHost(), base.getPort());
            socket.setSoTimeout(20_000);
            socket.setTcpNoDelay(true);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public RawHttp write(String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            return this;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public RawHttp post(String path, String body) {
        return write("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                + "application/json\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
    }

    /** Returns all bytes that the server sends until it closes the connection. */
    public String readAll() throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Returns the bytes of a single read, at most 64 KB. */
    public String read() throws IOException {
        byte[] some = new byte[64 * 1024];
        int length = socket.getInputStream().read(some);
        return length < 0 ? "" : new String(some, 0, length, StandardCharsets.UTF_8);
    }

    public void closeSendingHalf() throws IOException {
        socket.shutdownOutput();
    }

    /** Closes the connection with a RST instead of a FIN. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        close();
    }

    /**
     * Disconnects as {@link #reset}.
     *
     * @return whether bytes of an answer had arrived before
     */
    public boolean resetAnswered() {
        try {
            return socket.getInputStream().available() > 0;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } finally {
            reset();
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
