package dev.rowmq.api.http;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.console.*}.
 *
 * @param enabled  whether the service has a console at {@code /console/}; default true
 * @param readOnly whether the console only shows: its pages offer no changes, and changes that it sends are refused;
 *                 default false. Programs are not concerned
 * @param banner   text at the top of each page, such as {@code production}, up to 100 characters; empty (the default) =
 *                 none
 */
@ConfigurationProperties("rowmq.console")
public record ConsoleProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("false") boolean readOnly,
        @DefaultValue("") String banner) {

    private static final int MAX_BANNER = 100;

    public ConsoleProperties {
        if (banner.length() > MAX_BANNER) {
            throw new IllegalArgumentException("rowmq.console.banner has %d characters; allowed are 0 to %d"
                    .formatted(banner.length(), MAX_BANNER));
        }
    }
}
