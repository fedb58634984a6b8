package dev.rowmq.push;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * W3C Trace Context (Recommendation, 3.2): a call continues the trace that the producer put into the message's metadata
 * under {@code traceparent}, or begins one.
 */
final class TraceContext {

    static final String PARENT = "traceparent";
    static final String STATE = "tracestate";

    private static final Pattern VALID =
            Pattern.compile("[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?");
    private static final SecureRandom RANDOM = new SecureRandom();

    private TraceContext() {}

    /** The {@code traceparent} of a call: the message's trace, and a span of the call's own. */
    static String parent(Map<String, String> metadata) {
        var known = VALID.matcher(metadata.getOrDefault(PARENT, ""));
        return known.matches() && !metadata.get(PARENT).startsWith("ff")
                ? "00-" + known.group(1) + "-" + hex(8) + "-" + known.group(2)
                : "00-" + hex(16) + "-" + hex(8) + "-00";
    }

    private static String hex(int bytes) {
        byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return HexFormat.of().formatHex(random);
    }
}
