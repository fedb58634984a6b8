package dev.rowmq.api.sqs.attribute;

import dev.rowmq.api.sqs.protocol.SqsCall;
import dev.rowmq.api.sqs.protocol.SqsException;

import jakarta.servlet.http.HttpServletRequest;

import java.util.Optional;

import org.springframework.stereotype.Component;

/** Queue URLs and ARNs. A queue URL is used by its path only: its host and account may be any. */
@Component
public class QueueAddresses {

    private static final String ARN = "arn:aws:sqs:";

    private final SqsProperties properties;

    QueueAddresses(SqsProperties properties) {
        this.properties = properties;
    }

    /** The URL of a queue, with the scheme and host by which the caller reached this service. */
    public String url(HttpServletRequest request, String name) {
        boolean defaultPort = request.getServerPort() == (request.isSecure() ? 443 : 80);
        return request.getScheme() + "://" + request.getServerName()
                + (defaultPort ? "" : ":" + request.getServerPort())
                + "/" + properties.account() + "/" + name;
    }

    public String arn(String name) {
        return ARN + properties.region() + ":" + properties.account() + ":" + name;
    }

    /** The name in an ARN of any region and account; empty when the text is no ARN of a queue. */
    public static Optional<String> nameInArn(String arn) {
        String[] parts = arn.split(":", 6);
        return arn.startsWith(ARN) && parts.length == 6 ? Optional.of(parts[5]) : Optional.empty();
    }

    /**
     * The name of the queue that a call addresses: in its parameter QueueUrl, a URL or a name, else in its path.
     *
     * @throws SqsException MissingParameter when there is neither
     */
    public static String queueOf(SqsCall call) {
        return call.parameters()
                .text("QueueUrl")
                .map(QueueAddresses::lastSegment)
                .filter(name -> !name.isEmpty())
                .or(call::pathQueue)
                .orElseThrow(() -> SqsException.missing("QueueUrl"));
    }

    /** The last segment of the URL's path, with or without a slash after it; a name alone is its own last segment. */
    private static String lastSegment(String url) {
        int end = 0;
        while (end < url.length() && url.charAt(end) != '?' && url.charAt(end) != '#') {
            end++;
        }
        int begin = 0;
        int scheme = url.indexOf("://");
        if (scheme >= 0 && scheme < end) {
            int path = url.indexOf('/', scheme + 3);
            if (path < 0 || path >= end) {
                return "";
            }
            begin = path;
        }
        if (end > begin && url.charAt(end - 1) == '/') {
            end--;
        }
        return url.substring(Math.max(begin, url.lastIndexOf('/', end - 1) + 1), end);
    }
}
