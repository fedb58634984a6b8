package dev.rowmq.api.http;

import jakarta.servlet.http.HttpServletRequest;

import java.util.regex.Pattern;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Recognises the requests of Amazon SQS's API by their method and path: the root, and the path of a queue's URL, which
 * is the account, or the word queue as in ElasticMQ, and the queue. None is recognised unless
 * {@code rowmq.sqs.enabled}.
 */
@Component
public class SqsRequests {

    /** Name of the request attribute that holds why a signature was refused, a {@link SignatureRefusal}. */
    public static final String REFUSAL = SignatureRefusal.class.getName();

    private static final Pattern PATH = Pattern.compile("/|/([0-9]{1,20}|queue)/[A-Za-z0-9_.-]{1,80}/?");
    private static final Pattern ACTION = Pattern.compile("(.*&)?Action=.*");

    private final boolean enabled;

    SqsRequests(@Value("${rowmq.sqs.enabled:true}") boolean enabled) {
        this.enabled = enabled;
    }

    /**
     * The reason for which a signature is refused.
     *
     * @param unknownKey whether the key is at fault, and not the signature
     */
    public record SignatureRefusal(boolean unknownKey, String detail) {}

    /** Whether the request is of that API: a POST, or a signed GET with an action. */
    public boolean matches(HttpServletRequest request) {
        return enabled
                && (request.getMethod().equals("POST") || request.getMethod().equals("GET") && isQuery(request))
                && PATH.matcher(request.getRequestURI()).matches();
    }

    /** A page in a browser can send a GET to this machine, but not with this header. */
    private static boolean isQuery(HttpServletRequest request) {
        return request.getHeader("Authorization") != null
                && request.getQueryString() != null
                && ACTION.matcher(request.getQueryString()).matches();
    }
}
