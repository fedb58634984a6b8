package dev.rowmq.support;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Parses HTTP/1.1 answers (RFC 9112) from bytes as they arrive. It parses only the parts that a benchmark needs, and
 * copies nothing.
 */
final class Answer {

    private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CLOSES = "connection: close".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CHUNKED = "transfer-encoding: chunked".getBytes(StandardCharsets.US_ASCII);

    byte[] bytes = new byte[16 * 1024];
    int filled;
    int status;
    int from;
    int to;
    /** Whether the server closes the connection after this answer, as Tomcat does after each 503. */
    boolean closes;
    private int scanned;
    private int headEnd;
    private boolean chunked;
    private int nextChunk;

    void begin() {
        filled = 0;
        scanned = 0;
        headEnd = 0;
        chunked = false;
        closes = false;
    }

    void grow() {
        if (filled == bytes.length) {
            bytes = Arrays.copyOf(bytes, bytes.length * 2);
        }
    }

    /**
     * Returns true when the answer is complete; {@code status}, {@code from} and {@code to} are set then. A chunked
     * body is joined in place.
     */
    boolean complete() {
        if (headEnd == 0 && !readHead()) {
            return false;
        }
        return chunked ? readChunks() : filled >= to;
    }

    private boolean readHead() {
        for (int i = Math.max(3, scanned); i < filled; i++) {
            if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n' && bytes[i - 3] == '\r') {
                headEnd = i + 1;
                status = (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + bytes[11] - '0';
                from = headEnd;
                to = headEnd;
                readHeaders();
                nextChunk = headEnd;
                return true;
            }
        }
        scanned = filled;
        return false;
    }

    private void readHeaders() {
        for (int line = 12; line < headEnd - 4; line++) {
            if (bytes[line] != '\n') {
                continue;
            }
            if (startsWith(line + 1, LENGTH)) {
                int length = 0;
                for (int i = line + 1 + LENGTH.length; bytes[i] != '\r'; i++) {
                    if (bytes[i] != ' ') {
                        length = length * 10 + bytes[i] - '0';
                    }
                }
                to = headEnd + length;
            } else if (startsWith(line + 1, CHUNKED)) {
                chunked = true;
            } else if (startsWith(line + 1, CLOSES)) {
                closes = true;
            }
        }
    }

    private boolean startsWith(int at, byte[] lower) {
        for (int i = 0; i < lower.length; i++) {
            int c = bytes[at + i];
            if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lower[i]) {
                return false;
            }
        }
        return true;
    }

    private boolean readChunks() {
        while (true) {
            int i = nextChunk;
            int size = 0;
            while (i < filled && bytes[i] != '\r') {
                size = size * 16 + Character.digit(bytes[i++], 16);
            }
            if (i + 2 + size + 2 > filled) {
                return false;
            }
            if (size == 0) {
                return true;
            }
            System.arraycopy(bytes, i + 2, bytes, to, size);
            to += size;
            nextChunk = i + 2 + size + 2;
        }
    }
}
