package dev.rowmq.push;

import dev.rowmq.queue.subscription.WebhookUrlPolicy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
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
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.ConnectionReuseStrategy;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.springframework.stereotype.Component;

/**
 * The HTTP client of webhook calls. It connects only to addresses that {@link WebhookUrlPolicy} allows at that moment,
 * follows no redirects, keeps no cookies, reads at most 64 KB of an answer, and ends each call at its timeout, even
 * when the receiver keeps the connection busy.
 */
@Component
class WebhookClient implements AutoCloseable {

    private static final int MAX_CONNECTIONS = 4096;
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration CONNECTION_LIFE = Duration.ofMinutes(1);


    private static final String REUSED = "rowmq.reused";

    /** A connection that was idle for longer than this is checked before it is used again. */
    private static final Duration VALIDATED_AFTER = Duration.ofMillis(100);

    private final CloseableHttpClient client;
    /** A client that opens a new connection for each call. */
    private final CloseableHttpClient fresh;
    private final ScheduledExecutorService deadlines = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("rowmq-push-deadlines").factory());

    WebhookClient(WebhookUrlPolicy targets) {
        this.client = client(targets, DefaultConnectionReuseStrategy.INSTANCE);
        this.fresh = client(targets, (request, response, context) -> false);
    }

    private static CloseableHttpClient client(WebhookUrlPolicy targets, ConnectionReuseStrategy reuse) {
        return HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setDnsResolver(new Checked(targets))
                        .setMaxConnTotal(MAX_CONNECTIONS)
                        .setMaxConnPerRoute(MAX_CONNECTIONS)
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(Timeout.of(CONNECT))
                                .setTimeToLive(Timeout.of(CONNECTION_LIFE))
                                .setValidateAfterInactivity(TimeValue.of(VALIDATED_AFTER))
                                .build())
                        .build())
                .setConnectionReuseStrategy(reuse)
                .addExecInterceptorBefore(ChainElement.CONNECT.name(), REUSED, WebhookClient::noteReuse)
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

    /**
     * Resolves and checks the addresses for each new connection, because the name may resolve to another address than
     * at the first check.
     */
    private record Checked(WebhookUrlPolicy targets) implements DnsResolver {

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

    /**
     * Makes the call and waits for its result. A receiver may close a connection at the moment at which it is used
     * again. A reused connection that ends without an answer is no evidence of a broken receiver, so the call is
     * repeated once on a new connection, within the same timeout.
     *
     * @param running receives the action that cancels the call
     */
    WebhookAnswer call(String url, WebhookRequest call, Duration timeout, Consumer<Runnable> running) {
        Exchange attempt = new Exchange(url, call, timeout);
        running.accept(attempt::cancel);
        Future<?> deadline = deadlines.schedule(attempt::tooLate, timeout.toMillis(), TimeUnit.MILLISECONDS);
        try {
            return attempt.on(client, true);
        } finally {
            deadline.cancel(false);
        }
    }

    /** One call, on one connection, or on two when the receiver had closed the first. */
    private final class Exchange {

        private final String url;
        private final WebhookRequest call;
        private final Duration timeout;
        private final AtomicBoolean late = new AtomicBoolean();
        private volatile boolean cancelled;
        private volatile HttpPost request;

        Exchange(String url, WebhookRequest call, Duration timeout) {
            this.url = url;
            this.call = call;
            this.timeout = timeout;
        }

        void tooLate() {
            late.set(true);
            cancel();
        }

        void cancel() {
            cancelled = true;
            HttpPost now = request;
            if (now != null) {
                now.cancel();
            }
        }

        WebhookAnswer on(CloseableHttpClient client, boolean mayRepeat) {
            HttpPost own = request();
            request = own;
            if (cancelled) {
                own.cancel();
            }
            HttpClientContext context = HttpClientContext.create();
            try {
                ClassicHttpResponse response = client.executeOpen(RoutingSupport.determineHost(own), own, context);
                try {
                    return WebhookAnswer.read(response, own);
                } finally {
                    closed(response);
                }
            } catch (IOException | HttpException | RuntimeException failure) {
                if (mayRepeat && !cancelled && closedWhileIdle(failure, context)) {
                    return on(fresh, false);
                }
                boolean tooLate = late.get()
                        || failure instanceof SocketTimeoutException && !(failure instanceof ConnectTimeoutException);
                return new WebhookAnswer(0, Duration.ZERO, tooLate ? "no answer within " + timeout.toMillis() + " ms"
                        : WebhookAnswer.text(failure));
            }
        }

        private HttpPost request() {
            HttpPost post = new HttpPost(url);
            post.setConfig(RequestConfig.custom()
                    .setResponseTimeout(Timeout.of(timeout))
                    .setConnectionRequestTimeout(Timeout.of(timeout))
                    .build());
            call.headers().forEach(header -> post.addHeader(header.name(), header.value()));
            post.setEntity(new ByteArrayEntity(call.body(), ContentType.parse(call.contentType())));
            return post;
        }
    }

    /** Takes a connection from the pool as the client would, and records whether it is already open. */
    private static ClassicHttpResponse noteReuse(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        HttpClientContext context = scope.clientContext;
        if (!scope.execRuntime.isEndpointAcquired()) {
            scope.execRuntime.acquireEndpoint(scope.exchangeId, scope.route, context.getUserToken(), context);
        }
        context.setAttribute(REUSED, scope.execRuntime.isEndpointConnected());
        return chain.proceed(request, scope);
    }

    /** Whether the connection had served an earlier call and ended before the first byte of the answer to this one. */
    private static boolean closedWhileIdle(Exception failure, HttpClientContext context) {
        return (failure instanceof NoHttpResponseException
                        || failure instanceof SocketException
                        || failure instanceof ConnectionClosedException)
                && context.getResponse() == null
                && Boolean.TRUE.equals(context.getAttribute(REUSED));
    }

    /** The outcome of the call is settled by now, so a failure to close the response is ignored. */
    private static void closed(ClassicHttpResponse response) {
        try {
            response.close();
        } catch (IOException connectionGone) {
            // a broken connection does not return to the pool, and nothing else matters here
        }
    }

    @Override
    public void close() throws IOException {
        deadlines.shutdownNow();
        client.close();
        fresh.close();
    }
}
