package dev.rowmq.api.rest;

import dev.rowmq.api.http.ConsoleProperties;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.queue.catalog.QueueScope;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;

import java.util.List;
import java.util.Locale;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/whoami}: what the caller may do. */
@RestController
@Tag(name = "Service")
class WhoAmIController {

    private static final List<String> ROLES = List.of("admin", "send", "receive", "read");

    private final ConsoleProperties console;
    private final String version;

    WhoAmIController(ConsoleProperties console, @Value("${spring.application.version}") String version) {
        this.console = console;
        this.version = version;
    }

    /** The caller, and the settings that concern a console. */
    @Schema(name = "Caller")
    record Caller(
            @Schema(types = {"string", "null"}, example = "billing",
                            description = "name of the API key; null when no keys are configured")
                    String name,
            @ArraySchema(schema = @Schema(allowableValues = {"admin", "send", "receive", "read"})) List<String> roles,
            @ArraySchema(schema = @Schema(example = "orders-*"),
                            arraySchema = @Schema(description = "patterns of the queues to which the key is limited;"
                                    + " empty = all queues"))
                    List<String> queues,
            @Schema(description = "whether the console may only look (rowmq.console.read-only)") boolean readOnly,
            @Schema(example = "production", description = "text for the top of the console's pages") String banner,
            @Schema(description = "version of the service") String version) {}

    @Operation(
            operationId = "getCaller",
            summary = "Get the caller's name, roles and queues, and the service's version")
    @Statuses({200})
    @GetMapping("/v1/whoami")
    Caller whoAmI() {
        Authentication caller = SecurityContextHolder.getContext().getAuthentication();
        List<String> roles = caller == null
                ? ROLES
                : ROLES.stream()
                        .filter(role -> caller.getAuthorities().stream()
                                .anyMatch(one -> role.toUpperCase(Locale.ROOT).equals(one.getAuthority())))
                        .toList();
        return new Caller(
                caller == null ? null : caller.getName(),
                roles,
                QueueScope.patterns(),
                console.readOnly(),
                console.banner(),
                version);
    }
}
