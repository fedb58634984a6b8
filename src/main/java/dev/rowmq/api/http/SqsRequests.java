package dev.rowmq.api.http;

import jakarta.servlet.http.HttpServletRequest;

import java.util.regex.Pattern;

/** Recognises the requests of Amazon SQS's API by their method and path. */
public final class SqsRequests {

    public static final String ROOT = "/";
    /** The path of a queue's URL: the account, or the word queue as in ElasticMQ, and the queue. */
    public static final String QUEUE = "/{account:[0-9]{1,20}|queue}/{queue:[A-Za-z0-9_.-]{1,80}}";

    private static final Pattern PATH = Pattern.compile("/|/([0-9]{1,20}|queue)/[A-Za-z0-9_.-]{1,80}/?");

    /** Name of the request attribute that holds why a signature was refused, an {@link Unsigned}. */
    public static final String UNSIGNED = Unsigned.class.getName();

    private SqsRequests() {}

    /** A request whose signature is refused. */
    public static final class Unsigned extends Exception {

        private final boolean unknownKey;

        /** @param unknownKey whether the key is at fault, and not the signature */
        public Unsigned(boolean unknownKey, String detail) {
            super(detail, null, false, false);
            this.unknownKey = unknownKey;
        }

        public boolean unknownKey() {
            return unknownKey;
        }
    }

    public static boolean matches(HttpServletRequest request) {
        return (request.getMethod().equals("POST") || request.getMethod().equals("GET") && isQuery(request))
                && PATH.matcher(request.getRequestURI()).matches();
    }

    private static boolean isQuery(HttpServletRequest request) {
        return request.getQueryString() != null && request.getQueryString().matches("(.*&)?Action=.*");
    }
}
