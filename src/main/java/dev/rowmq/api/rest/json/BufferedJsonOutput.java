package dev.rowmq.api.rest.json;

import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * Buffers a response of up to 256 KB, to send it at once with its length, which buys 8 % of durable sends. A larger
 * response is streamed.
 */
final class BufferedJsonOutput extends OutputStream {

    private static final int MAX_BYTES = 256 * 1024;

    private final HttpServletResponse response;
    private byte[] bytes = new byte[1024];
    private int length;
    private boolean streaming;

    BufferedJsonOutput(HttpServletResponse response) {
        this.response = response;
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] more, int offset, int count) throws IOException {
        if (!streaming && length + count > MAX_BYTES) {
            streaming = true;
            response.getOutputStream().write(bytes, 0, length);
        }
        if (streaming) {
            response.getOutputStream().write(more, offset, count);
            return;
        }
        if (length + count > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + count, Math.min(MAX_BYTES, bytes.length * 4)));
        }
        System.arraycopy(more, offset, bytes, length, count);
        length += count;
    }

    /**
     * Sends the buffered bytes. {@code close} does not, because it is also called after a failure, and a truncated
     * response must not look complete.
     */
    void finish() throws IOException {
        if (!streaming) {
            response.setContentLength(length);
            response.getOutputStream().write(bytes, 0, length);
        }
    }
}
