package dev.rowmq.api.rest.figures;

import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.queue.delivery.RecentReceivers;
import dev.rowmq.queue.figures.DeadLetterGroups;
import dev.rowmq.queue.figures.DeadLetterGroups.DeadLetterGroup;
import dev.rowmq.queue.figures.Diagnosis;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Why a queue's messages do not move, and why they became dead letters. */
@RestController
@RequestMapping("/v1/queues/{queue}")
@Tag(name = "Figures")
class DiagnosisController {

    private final Diagnosis diagnosis;
    private final DeadLetterGroups groups;
    private final RecentReceivers receivers;

    DiagnosisController(Diagnosis diagnosis, DeadLetterGroups groups, RecentReceivers receivers) {
        this.receivers = receivers;
        this.diagnosis = diagnosis;
        this.groups = groups;
    }

    /** What holds a queue up, and forecasts at the present rates. */
    @Schema(name = "Diagnosis")
    record DiagnosisResponse(
            @Schema(description = "empty when nothing holds the queue up") List<AttentionResponse> reasons,
            @Schema(types = {"string", "null"}, example = "14m", description = "time until the queue is empty")
                    Duration drainsIn,
            @Schema(types = {"string", "null"}, example = "40m", description = "time until maxMessages is reached")
                    Duration fullIn,
            @Schema(types = {"string", "null"}, example = "3d",
                            description = "time until the oldest ready message reaches the queue's retention")
                    Duration oldestExpiresIn) {}

    @Operation(
            operationId = "getDiagnosis",
            summary = "Get why the messages of a queue do not move, and forecasts at the present rates")
    @Statuses({200, 404})
    @GetMapping("/diagnosis")
    DiagnosisResponse diagnosis(@PathVariable String queue) {
        Diagnosis.Findings findings = diagnosis.of(queue);
        return new DiagnosisResponse(
                findings.reasons().stream().map(AttentionResponse::of).toList(),
                findings.drainsIn().orElse(null),
                findings.fullIn().orElse(null),
                findings.oldestExpiresIn().map(left -> Duration.ofSeconds(left.toSeconds())).orElse(null));
    }

    /** Dead letters with the same reason and a similar error. */
    @Schema(name = "DeadLetterGroup")
    record GroupResponse(
            @Schema(allowableValues = {"max-deliveries", "expired"}) String reason,
            @Schema(types = {"string", "null"}, example = "timeout after # ms",
                            description = "last error, with # for numbers and identifiers; null without an error")
                    String error,
            int count,
            Instant firstDeadAt,
            Instant lastDeadAt,
            @Schema(description = "id of the one that became a dead letter last") String sample) {

        static GroupResponse of(DeadLetterGroup group) {
            return new GroupResponse(
                    group.reason().text(),
                    group.error().orElse(null),
                    group.count(),
                    group.firstDeadAt(),
                    group.lastDeadAt(),
                    group.sample());
        }
    }

    /** The groups of a queue's dead letters. */
    @Schema(name = "DeadLetterGroups")
    record GroupsResponse(
            @Schema(description = "the greatest first, at most 100") List<GroupResponse> items,
            @Schema(description = "dead letters that were looked at, at most 10000") int examined,
            @Schema(description = "whether these were all") boolean complete) {}

    @Operation(
            operationId = "listDeadLetterGroups",
            summary = "Group the dead letters of a queue by reason and error",
            description = "Looks at the first 10000 dead letters, without their bodies.")
    @Statuses({200, 404})
    @GetMapping("/dead-letter-groups")
    GroupsResponse groups(@PathVariable String queue) {
        DeadLetterGroups.Grouped grouped = groups.of(queue);
        return new GroupsResponse(
                grouped.groups().stream().map(GroupResponse::of).toList(), grouped.examined(), grouped.complete());
    }

    /** What the receives with one API key got. */
    @Schema(name = "Receiver")
    record ReceiverResponse(
            @Schema(types = {"string", "null"}, description = "name of the API key; null without keys") String key,
            Instant lastAskedAt,
            @Schema(description = "mean of the last 5 to 10 minutes, or since it asked first")
                    double receivesPerSecond,
            @Schema(description = "mean of the same time") double messagesPerSecond) {

        static ReceiverResponse of(RecentReceivers.RecentReceiver receiver) {
            double seconds = Math.max(1, Duration.between(receiver.since(), Instant.now()).toMillis() / 1000.0);
            return new ReceiverResponse(
                    receiver.key().orElse(null),
                    receiver.lastAskedAt(),
                    rounded(receiver.receives() / seconds),
                    rounded(receiver.messages() / seconds));
        }

        private static double rounded(double rate) {
            return Math.round(rate * 100) / 100.0;
        }
    }

    /** The receivers of a queue. */
    @Schema(name = "Receivers")
    record ReceiversResponse(@Schema(description = "the last to ask first") List<ReceiverResponse> items) {}

    @Operation(
            operationId = "listReceivers",
            summary = "List who asked this instance for messages of a queue in the last five minutes",
            description = "By API key, over HTTP and SQS. Push has its subscriptions, and SQL has no key.")
    @Statuses({200, 404})
    @GetMapping("/receivers")
    ReceiversResponse receivers(@PathVariable String queue) {
        return new ReceiversResponse(
                receivers.of(queue).stream().map(ReceiverResponse::of).toList());
    }
}
