package dev.rowmq.api.rest.audit;

import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.model.Page;
import dev.rowmq.model.audit.AuditEntry;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.queue.audit.AuditTrail;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;

import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import tools.jackson.databind.json.JsonMapper;

/** Reads the audit. */
@RestController
@RequestMapping("/v1/audit")
@Tag(name = "Service")
class AuditController {

    private static final String NDJSON = "application/x-ndjson";
    private static final String RESOURCE = "name of a queue or topic; without it, all changes";
    private static final int PAGE = 1000;

    private final AuditTrail trail;
    private final JsonMapper json;

    AuditController(AuditTrail trail, JsonMapper json) {
        this.trail = trail;
        this.json = json;
    }

    /** A change that was made or refused. */
    @Schema(name = "Change")
    record Change(
            Instant at,
            @Schema(types = {"string", "null"}, example = "billing",
                            description = "name of the API key; null without keys, and for a sign-in that failed")
                    String actor,
            @Schema(example = "10.0.0.7", description = "address of the client, or of the last proxy") String address,
            @Schema(allowableValues = {"api", "console", "sqs"}) String channel,
            @Schema(example = "purgeQueue") String action,
            @Schema(types = {"string", "null"}, example = "orders", description = "queue or topic") String resource,
            String path,
            @Schema(example = "202", description = "status of the response; below 400, the change was made")
                    int status) {

        static Change of(AuditEntry entry) {
            return new Change(
                    entry.changedAt(),
                    entry.actor().orElse(null),
                    entry.address(),
                    entry.channel().name().toLowerCase(Locale.ROOT),
                    entry.action(),
                    entry.resource().orElse(null),
                    entry.path(),
                    entry.status());
        }
    }

    /** A page of changes. */
    record Changes(List<Change> items, @Schema(types = {"string", "null"}) String nextCursor) {}

    @Operation(
            operationId = "listChanges",
            summary = "List the changes that clients made or tried to make, the latest first",
            description = "Everything but sends, receives and settlements. Kept for `rowmq.audit.retention`.")
    @Statuses({200, 400})
    @GetMapping
    Changes list(
            @Parameter(description = RESOURCE) @RequestParam Optional<String> resource,
            @RequestParam(defaultValue = "100") int limit,
            @RequestParam Optional<String> cursor) {
        Page<Change> page = trail.page(resource, (int) RangeCheck.within("limit", limit, 1, PAGE), cursor)
                .map(Change::of);
        return new Changes(page.items(), page.next().orElse(null));
    }

    @Operation(
            operationId = "exportChanges",
            summary = "Export the changes as lines of JSON, the latest first")
    @Statuses({200})
    @GetMapping(path = "/export", produces = NDJSON)
    void export(
            @Parameter(description = RESOURCE) @RequestParam Optional<String> resource, HttpServletResponse response)
            throws IOException {
        Page<AuditEntry> page = trail.page(resource, PAGE, Optional.empty());
        response.setContentType(NDJSON);
        response.setHeader("Content-Disposition", "attachment; filename=\"audit.ndjson\"");
        OutputStream out = response.getOutputStream();
        while (true) {
            for (AuditEntry entry : page.items()) {
                out.write(json.writeValueAsBytes(Change.of(entry)));
                out.write('\n');
            }
            if (page.next().isEmpty()) {
                return;
            }
            page = trail.page(resource, PAGE, page.next());
        }
    }
}
