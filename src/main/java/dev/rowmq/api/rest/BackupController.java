package dev.rowmq.api.rest;

import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.api.rest.queue.BackupResponse;
import dev.rowmq.queue.maintenance.DatabaseBackup;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;

import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code /v1/backup}. */
@RestController
@Tag(name = "Service")
class BackupController {

    private final DatabaseBackup backup;

    BackupController(DatabaseBackup backup) {
        this.backup = backup;
    }

    @Operation(
            operationId = "createBackup",
            summary = "Write a consistent copy of the H2 files while the service runs",
            description = "One file for each partition, in rowmq.backup.directory. Messages that are sent or acked"
                    + " meanwhile may be in it or not. On PostgreSQL use pg_dump or a physical backup.")
    @Statuses({200, 400})
    @PostMapping("/v1/backup")
    BackupResponse create() {
        return BackupResponse.of(backup.run());
    }
}
