package dev.rowmq.queue.subscription;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.springframework.security.web.util.matcher.IpAddressMatcher;
import org.springframework.stereotype.Component;

/**
 * Decides which addresses the service may call: public addresses by https on port 443, and the networks in
 * {@code rowmq.push.allow-cidrs}. A url is checked when a subscription gets it, and again when a connection is opened,
 * as its host may resolve to another address by then.
 */
@Component
public class WebhookUrlPolicy {

    private static final Duration MAX_LOOKUP_TIME = Duration.ofSeconds(3);
    private static final int MAX_URL_LENGTH = 2000;
    private static final int HTTPS_PORT = 443;

    /** Hosts that some programs read as a number: an address must have the one form that all programs read alike. */
    private static final Pattern NUMBER = Pattern.compile("(.*\\.)?([0-9]+|0[xX][0-9a-fA-F]*)");

    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(?!$)|$)){4}");

    /** The only IPv6 addresses that are global unicast (IANA IPv6 Global Unicast Address Assignments). */
    private static final IpAddressMatcher GLOBAL_IPV6 = new IpAddressMatcher("2000::/3");

    /** IANA special-purpose registries for IPv4 and, within 2000::/3, for IPv6 (RFC 6890), and multicast. */
    private static final List<IpAddressMatcher> NOT_PUBLIC = Stream.of(
                    "0.0.0.0/8",
                    "10.0.0.0/8",
                    "100.64.0.0/10",
                    "127.0.0.0/8",
                    "169.254.0.0/16",
                    "172.16.0.0/12",
                    "192.0.0.0/24",
                    "192.0.2.0/24",
                    "192.88.99.0/24",
                    "192.168.0.0/16",
                    "198.18.0.0/15",
                    "198.51.100.0/24",
                    "203.0.113.0/24",
                    "224.0.0.0/4",
                    "240.0.0.0/4",
                    // Azure's metadata and health service, at an address that looks public
                    "168.63.129.16/32",
                    // protocol assignments, Teredo among them
                    "2001::/23",
                    "2001:db8::/32",
                    // 6to4: contains an IPv4 address
                    "2002::/16",
                    "3fff::/20")
            .map(IpAddressMatcher::new)
            .toList();

    private final List<IpAddressMatcher> allowed;

    WebhookUrlPolicy(PushProperties properties) {
        this.allowed = properties.allowCidrs().stream().map(WebhookUrlPolicy::network).toList();
    }

    private static IpAddressMatcher network(String cidr) {
        try {
            return new IpAddressMatcher(cidr);
        } catch (IllegalArgumentException none) {
            throw new IllegalArgumentException(
                    "rowmq.push.allow-cidrs has '" + cidr + "', which is no network; write one such as 10.1.0.0/16",
                    none);
        }
    }

    /**
     * Accepts a url that may be called, as far as its host resolves now.
     *
     * @throws QueueException {@link ErrorCode#URL_NOT_ALLOWED}
     */
    void check(String url) {
        URI uri = parsed(url);
        int port = port(uri);
        for (InetAddress address : resolved(uri)) {
            if (!mayOpen(address, port)) {
                throw notAllowed(url, within(allowed, address) || isPublic(address)
                        ? "port %d is none to call; public addresses are called on port 443 only".formatted(port)
                        : "its host leads to %s, which is not public; rowmq.push.allow-cidrs can allow the network"
                                .formatted(address.getHostAddress()));
            }
            if (!within(allowed, address) && !uri.getScheme().equalsIgnoreCase("https")) {
                throw notAllowed(url, "public addresses are called by https only");
            }
        }
    }

    private static URI parsed(String url) {
        if (url.isEmpty() || url.length() > MAX_URL_LENGTH) {
            throw notAllowed(url, "it has %d characters; allowed are 1 to %d".formatted(url.length(), MAX_URL_LENGTH));
        }
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException none) {
            throw notAllowed(url, "it is no url");
        }
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("http")) {
            throw notAllowed(url, "it does not begin with https://");
        }
        if (!url.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
            throw notAllowed(
                    url, "it has a character beyond ASCII; write it percent-encoded, and in a host in its xn-- form");
        }
        if (uri.getHost() == null) {
            throw notAllowed(url, "it has no host that can be read");
        }
        if (uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw notAllowed(url, "it has a user or a fragment; leave that out");
        }
        if (uri.getPort() == 0 || uri.getPort() > 65_535) {
            throw notAllowed(url, "its port is not 1 to 65535");
        }
        String host = uri.getHost();
        if (host.endsWith(".")
                || host.contains("%")
                || NUMBER.matcher(host).matches() && !IPV4.matcher(host).matches()) {
            throw notAllowed(
                    url, "its host is not written plainly: no dot at the end, no zone, and an address as four numbers");
        }
        return uri;
    }

    private static InetAddress[] resolved(URI uri) {
        try {
            return lookUp(uri.getHost());
        } catch (UnknownHostException none) {
            throw notAllowed(uri.toString(), "no address is known for its host");
        }
    }

    /** Resolves a host. The limit keeps a name server that does not answer from delaying the caller. */
    private static InetAddress[] lookUp(String host) throws UnknownHostException {
        FutureTask<InetAddress[]> lookup = new FutureTask<>(() -> InetAddress.getAllByName(host));
        Thread.ofVirtual().name("rowmq-push-lookup").start(lookup);
        try {
            return lookup.get(MAX_LOOKUP_TIME.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException none) {
            throw new UnknownHostException(
                    host + " is not known, or was not found within " + MAX_LOOKUP_TIME.toSeconds() + " s");
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new UnknownHostException(host);
        }
    }

    private static int port(URI uri) {
        return uri.getPort() > 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? HTTPS_PORT : 80;
    }

    /**
     * The addresses of a host to which a connection may be opened now.
     *
     * @throws UnknownHostException when there is none
     */
    public InetAddress[] open(String host, int port) throws UnknownHostException {
        InetAddress[] open = Arrays.stream(lookUp(host))
                .filter(address -> mayOpen(address, port))
                .toArray(InetAddress[]::new);
        if (open.length == 0) {
            throw new UnknownHostException(host + " leads to no public address that may be called on port " + port);
        }
        return open;
    }

    private boolean mayOpen(InetAddress address, int port) {
        return within(allowed, address) || port == HTTPS_PORT && isPublic(address);
    }

    static boolean isPublic(InetAddress address) {
        return (address.getAddress().length == 4 || GLOBAL_IPV6.matches(text(address))) && !within(NOT_PUBLIC, address);
    }

    private static boolean within(List<IpAddressMatcher> networks, InetAddress address) {
        return networks.stream().anyMatch(network -> network.matches(text(address)));
    }

    private static String text(InetAddress address) {
        String text = address.getHostAddress();
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }

    private static QueueException notAllowed(String url, String why) {
        return new QueueException(
                ErrorCode.URL_NOT_ALLOWED, "url", "'%s' cannot be called: %s".formatted(SafeText.of(url, 200), why));
    }
}
