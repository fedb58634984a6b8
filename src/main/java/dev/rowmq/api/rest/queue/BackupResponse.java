package dev.rowmq.api.rest.queue;

import dev.rowmq.queue.maintenance.DatabaseBackup;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.List;

/** The files of a backup. */
@Schema(name = "Backup")
public record BackupResponse(List<FileOfBackup> files) {

    /** A file on the machine of the service. */
    @Schema(name = "BackupFile")
    record FileOfBackup(int partition, String file, long bytes, long millis) {}

    public static BackupResponse of(List<DatabaseBackup.BackupFile> files) {
        return new BackupResponse(files.stream()
                .map(one -> new FileOfBackup(
                        one.partition(), one.file().toString(), one.bytes(), one.time().toMillis()))
                .toList());
    }
}
