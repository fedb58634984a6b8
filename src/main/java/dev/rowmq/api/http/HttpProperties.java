package dev.rowmq.api.http;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * {@code rowmq.rest.*}.
 *
 * @param maxRequestSize maximum bytes of a request's body, 1KB to 1GB; default 16MB
 * @param memoryShare    maximum share of the heap that all requests and responses may take together, 0.05 to 0.8;
 *                       default 0.4. A request beyond it is refused with OVERLOADED
 */
@ConfigurationProperties("rowmq.rest")
public record HttpProperties(@DefaultValue("16MB") DataSize maxRequestSize, @DefaultValue("0.4") double memoryShare) {

    public HttpProperties {
        if (maxRequestSize.toBytes() < 1024 || maxRequestSize.toGigabytes() > 1) {
            throw new IllegalArgumentException(
                    "rowmq.rest.max-request-size is " + maxRequestSize + "; allowed is 1KB to 1GB");
        }
        if (!(memoryShare >= 0.05 && memoryShare <= 0.8)) {
            throw new IllegalArgumentException("rowmq.rest.memory-share is " + memoryShare
                    + "; allowed is 0.05 to 0.8");
        }
    }
}
