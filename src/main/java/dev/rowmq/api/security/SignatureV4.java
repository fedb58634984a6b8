package dev.rowmq.api.security;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.stream.Collectors;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * AWS Signature Version 4 of a request (AWS General Reference, "Create a signed AWS API request"), with the payload
 * signed, for services other than S3: the path is encoded twice.
 */
final class SignatureV4 {

    static final String ALGORITHM = "AWS4-HMAC-SHA256";
    static final String TERMINATOR = "aws4_request";

    private static final String UNRESERVED = "-._~";

    private SignatureV4() {}

    /**
     * The scope of a signature.
     *
     * @param date yyyyMMdd
     */
    record Scope(String date, String region, String service) {

        @Override
        public String toString() {
            return date + "/" + region + "/" + service + "/" + TERMINATOR;
        }
    }

    /**
     * A request as it is signed.
     *
     * @param path    as it was sent, percent-encoded
     * @param query   as it was sent, percent-encoded; empty when there is none
     * @param headers the signed headers, by their names in lower case
     */
    record SignedRequest(
            String method, String path, String query, SortedMap<String, String> headers, byte[] payload) {

        private String canonical() {
            return String.join(
                    "\n",
                    method,
                    encode(path.isEmpty() ? "/" : path, true),
                    canonicalQuery(query),
                    headers.entrySet().stream()
                            .map(header -> header.getKey() + ":" + header.getValue().strip().replaceAll(" +", " ")
                                    + "\n")
                            .collect(Collectors.joining()),
                    String.join(";", headers.keySet()),
                    hex(ApiKeyProperties.sha256(payload)));
        }
    }

    /**
     * The signature in lower-case hexadecimal digits.
     *
     * @param time yyyyMMdd'T'HHmmss'Z'
     */
    static String sign(String secret, Scope scope, String time, SignedRequest request) {
        String toSign = String.join(
                "\n", ALGORITHM, time, scope.toString(), hex(ApiKeyProperties.sha256(request.canonical())));
        byte[] key = utf8("AWS4" + secret);
        for (String part : new String[] {scope.date(), scope.region(), scope.service(), TERMINATOR, toSign}) {
            key = hmac(key, part);
        }
        return hex(key);
    }

    /** Names and values are decoded and encoded again, so that their form on the wire does not matter. */
    private static String canonicalQuery(String query) {
        if (query.isEmpty()) {
            return "";
        }
        return Arrays.stream(query.split("&"))
                .filter(pair -> !pair.isEmpty())
                .map(pair -> pair.split("=", 2))
                .map(both -> new String[] {
                    encode(decode(both[0]), false), both.length == 1 ? "" : encode(decode(both[1]), false)
                })
                .sorted(Comparator.<String[], String>comparing(both -> both[0]).thenComparing(both -> both[1]))
                .map(both -> both[0] + "=" + both[1])
                .collect(Collectors.joining("&"));
    }

    /** Decodes %XX only: a plus sign stays one. */
    private static String decode(String text) {
        return java.net.URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static String encode(String text, boolean keepSlash) {
        StringBuilder encoded = new StringBuilder();
        for (byte one : utf8(text)) {
            char c = (char) (one & 0xff);
            boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || UNRESERVED.indexOf(c) >= 0
                    || keepSlash && c == '/');
            encoded.append(plain ? Character.toString(c) : "%%%02X".formatted(one & 0xff));
        }
        return encoded.toString();
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(utf8(text));
        } catch (GeneralSecurityException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
