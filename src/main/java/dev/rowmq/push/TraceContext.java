package dev.rowmq.push;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * W3C Trace Context (Recommendation, 3.2): a call continues the trace that the producer put into the message's metadata
 * under {@code traceparent}, or starts a new trace.
 */
final class TraceContext {

    private static final String PARENT = "traceparent";
    private static final String STATE = "tracestate";

    /** A value of version 00 ends after the flags. A later version, except ff, may have further fields. */
    private static final Pattern VALID = Pattern.compile(
            "(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?");
    private static final SecureRandom RANDOM = new SecureRandom();

    private TraceContext() {}

    /** Returns the trace headers of a call: the message's trace with a new span id, and its state; or a new trace. */
    static Map<String, String> headers(Map<String, String> metadata) {
        var known = VALID.matcher(metadata.getOrDefault(PARENT, ""));
        if (!known.matches()) {
            return Map.of(PARENT, "00-" + hex(16) + "-" + hex(8) + "-00");
        }
        String parent = "00-" + known.group(1) + "-" + hex(8) + "-" + known.group(2);
        return metadata.containsKey(STATE)
                ? Map.of(PARENT, parent, STATE, metadata.get(STATE))
                : Map.of(PARENT, parent);
    }

    private static String hex(int bytes) {
        byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return HexFormat.of().formatHex(random);
    }
}
