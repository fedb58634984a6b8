package dev.rowmq.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

/** Open streams of figures, as the console's pages have them: each follows ten queues, and reads all it gets. */
final class Viewers implements AutoCloseable {

    private static final String NAMES = "send,watched-1,watched-2,watched-3,watched-4,watched-5,watched-6,watched-7,"
            + "watched-8,watched-9";

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<InputStream> streams = new ArrayList<>();

    Viewers(Service service, int number) {
        try {
            for (int i = 0; i < number; i++) {
                HttpResponse<InputStream> stream = client.send(
                        service.http().request("/v1/figures/stream?queue=" + NAMES).GET().build(),
                        HttpResponse.BodyHandlers.ofInputStream());
                if (stream.statusCode() != 200) {
                    throw new IllegalStateException("answered " + stream.statusCode());
                }
                streams.add(stream.body());
                Thread.ofVirtual().start(() -> {
                    try {
                        stream.body().transferTo(java.io.OutputStream.nullOutputStream());
                    } catch (IOException closed) {
                        // the round is over
                    }
                });
            }
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        for (InputStream stream : streams) {
            try {
                stream.close();
            } catch (IOException closed) {
                // it is closed
            }
        }
        client.shutdownNow();
    }
}
