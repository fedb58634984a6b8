package dev.rowmq.queue.maintenance;

import java.nio.file.Path;
import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code rowmq.backup.*}: backups of H2 files.
 *
 * @param directory where the backups are written; default {@code ./backup}
 * @param interval  time from one timed backup to the next, 1m to 30d; default 0s = only on request
 * @param keep      number of backups to keep, 1 to 10000; default 7
 */
@ConfigurationProperties("rowmq.backup")
record BackupProperties(
        @DefaultValue("./backup") Path directory,
        @DefaultValue("0s") Duration interval,
        @DefaultValue("7") int keep) {

    BackupProperties {
        if (!interval.isZero()
                && (interval.compareTo(Duration.ofMinutes(1)) < 0 || interval.compareTo(Duration.ofDays(30)) > 0)) {
            throw new IllegalArgumentException(
                    "rowmq.backup.interval is " + interval + "; allowed is 0s (off), or 1m to 30d");
        }
        if (keep < 1 || keep > 10_000) {
            throw new IllegalArgumentException("rowmq.backup.keep is " + keep + "; allowed is 1 to 10000");
        }
    }
}
