package dev.rowmq.push;

import dev.rowmq.message.Printable;
import dev.rowmq.queue.PushTargets;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.client5.http.utils.DateUtils;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.springframework.stereotype.Component;

/**
 * Makes calls. It connects to addresses that {@link PushTargets} allows at that moment and to no others, follows no redirect,
 * repeats nothing, keeps no cookies, reads at most 64 KB of an answer, and ends after the time given whatever the receiver does.
 */
@Component
class Caller implements AutoCloseable {

    private static final int MOST_READ = 64 * 1024;
    private static final int EXCERPT = 200;
    private static final int MOST_CONNECTIONS = 4096;
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration CONNECTION_LIFE = Duration.ofMinutes(1);

    /**
     * What came of a call.
     *
     * @param status     0 = no answer
     * @param retryAfter how long the receiver asked not to be called; 0s = it did not
     * @param error      empty when it was 2xx
     */
    record Answer(int status, Duration retryAfter, String error) {

        boolean success() {
            return status >= 200 && status < 300;
        }
    }

    private final CloseableHttpClient client;
    private final ScheduledExecutorService deadlines = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("rowmq-push-deadlines").factory());

    Caller(PushTargets targets) {
        this.client = HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setDnsResolver(new Checked(targets))
                        .setMaxConnTotal(MOST_CONNECTIONS)
                        .setMaxConnPerRoute(MOST_CONNECTIONS)
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(Timeout.of(CONNECT))
                                .setTimeToLive(Timeout.of(CONNECTION_LIFE))
                                .build())
                        .build())
                .evictExpiredConnections()
                .evictIdleConnections(TimeValue.of(CONNECTION_LIFE))
                .setUserAgent("RowMQ")
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .build();
    }

    /** The addresses to connect to, asked for each connection: the name may lead elsewhere than when it was first looked at. */
    private record Checked(PushTargets targets) implements DnsResolver {

        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            throw new UnknownHostException(host + " without a port");
        }

        @Override
        public List<InetSocketAddress> resolve(String host, int port) throws UnknownHostException {
            return Arrays.stream(targets.open(host, port))
                    .map(address -> new InetSocketAddress(address, port))
                    .toList();
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }
    }

    /** Makes the call and waits for its end. @param running told what can end it early */
    Answer call(String url, Call call, Duration timeout, Consumer<Runnable> running) {
        HttpPost request = new HttpPost(url);
        request.setConfig(RequestConfig.custom()
                .setResponseTimeout(Timeout.of(timeout))
                .setConnectionRequestTimeout(Timeout.of(timeout))
                .build());
        call.headers().forEach(header -> request.addHeader(header.name(), header.value()));
        request.setEntity(new ByteArrayEntity(call.body(), ContentType.parse(call.contentType())));
        running.accept(request::cancel);
        AtomicBoolean late = new AtomicBoolean();
        Future<?> deadline = deadlines.schedule(
                () -> {
                    late.set(true);
                    request.cancel();
                },
                timeout.toMillis(),
                TimeUnit.MILLISECONDS);
        try {
            ClassicHttpResponse response = client.executeOpen(RoutingSupport.determineHost(request), request, null);
            try {
                return answer(response, request);
            } finally {
                closed(response);
            }
        } catch (IOException | HttpException | RuntimeException failure) {
            boolean tooLate = late.get()
                    || failure instanceof SocketTimeoutException && !(failure instanceof ConnectTimeoutException);
            return new Answer(0, Duration.ZERO, tooLate ? "no answer within " + timeout.toMillis() + " ms" : text(failure));
        } finally {
            deadline.cancel(false);
        }
    }

    private static String text(Exception failure) {
        return printable(failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage());
    }

    /** The answer is known: what goes wrong now changes nothing. */
    private static void closed(ClassicHttpResponse response) {
        try {
            response.close();
        } catch (IOException connectionGone) {
            // so it is not used again, which is all that matters
        }
    }

    private static Answer answer(ClassicHttpResponse response, HttpPost request) throws IOException {
        int status = response.getCode();
        byte[] read = new byte[0];
        if (response.getEntity() != null) {
            read = read(response, request, status < 300);
        }
        if (status >= 200 && status < 300) {
            return new Answer(status, Duration.ZERO, "");
        }
        String excerpt = printable(new String(read, 0, Math.min(read.length, EXCERPT), StandardCharsets.UTF_8)).strip();
        String meaning = status >= 300 && status < 400 ? " (redirects are not followed)" : "";
        return new Answer(
                status, retryAfter(response), "HTTP " + status + meaning + (excerpt.isEmpty() ? "" : ": " + excerpt));
    }

    /** @param successful what the body says does not matter then, nor whether it comes */
    private static byte[] read(ClassicHttpResponse response, HttpPost request, boolean successful) throws IOException {
        try {
            // not closed, as that would read on to the end
            byte[] read = response.getEntity().getContent().readNBytes(MOST_READ);
            if (read.length == MOST_READ) {
                request.cancel();
            }
            return read;
        } catch (IOException cut) {
            if (successful) {
                return new byte[0];
            }
            throw cut;
        }
    }

    /** RFC 9110, section 10.2.3: seconds or a date; of 429 and 503 only. */
    private static Duration retryAfter(ClassicHttpResponse response) {
        Header header = response.getFirstHeader("Retry-After");
        if (header == null || header.getValue() == null || response.getCode() != 429 && response.getCode() != 503) {
            return Duration.ZERO;
        }
        String value = header.getValue().strip();
        if (value.matches("[0-9]{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(value));
        }
        Instant date = DateUtils.parseStandardDate(value);
        return date == null || date.isBefore(Instant.now()) ? Duration.ZERO : Duration.between(Instant.now(), date);
    }

    private static String printable(String text) {
        return Printable.of(text, 300);
    }

    @Override
    public void close() throws IOException {
        deadlines.shutdownNow();
        client.close();
    }
}
