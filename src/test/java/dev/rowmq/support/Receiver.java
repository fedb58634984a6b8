package dev.rowmq.support;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** An HTTP server that the service calls. It records the calls and answers them by a given {@link Behaviour}. */
public final class Receiver implements AutoCloseable {

    /** Answers a call; an exception closes the call without an answer. */
    public interface Behaviour {
        void answer(HttpExchange call, int number) throws Exception;
    }

    /**
     * A call.
     *
     * @param nanos when the call arrived, by {@link System#nanoTime}
     */
    public record Call(Headers headers, byte[] body, long nanos) {

        public String text() {
            return new String(body, java.nio.charset.StandardCharsets.UTF_8);
        }

        public String header(String name) {
            return headers.getFirst(name);
        }
    }

    private final HttpServer server;
    private final List<Call> calls = new CopyOnWriteArrayList<>();

    public Receiver(Behaviour behaviour) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", call -> {
            byte[] body = call.getRequestBody().readAllBytes();
            int number;
            synchronized (calls) {
                calls.add(new Call(call.getRequestHeaders(), body, System.nanoTime()));
                number = calls.size();
            }
            try {
                behaviour.answer(call, number);
            } catch (Exception cut) {
                // the call is closed without an answer
            } finally {
                call.close();
            }
        });
        server.start();
    }

    /** Returns a receiver that answers every call with this status. */
    public static Receiver answering(int status) {
        return new Receiver((call, number) -> answer(call, status, ""));
    }

    public static void answer(HttpExchange call, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        call.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            call.getResponseBody().write(bytes);
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/in";
    }

    public List<Call> calls() {
        return calls;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
