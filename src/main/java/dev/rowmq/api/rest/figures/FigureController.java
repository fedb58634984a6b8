package dev.rowmq.api.rest.figures;

import dev.rowmq.api.rest.openapi.Events;
import dev.rowmq.api.rest.openapi.Statuses;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.RangeCheck;
import dev.rowmq.model.error.SafeText;
import dev.rowmq.model.queue.ResourceName;
import dev.rowmq.queue.figures.Attention;
import dev.rowmq.queue.figures.FigureHistory;
import dev.rowmq.queue.figures.FigureReader;
import dev.rowmq.queue.figures.FigureSnapshot;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import tools.jackson.databind.json.JsonMapper;

/** {@code /v1/figures}: the last snapshot of the figures, a stream of snapshots, and their course. */
@RestController
@RequestMapping("/v1/figures")
@Tag(name = "Figures")
class FigureController {

    private static final String QUEUES =
            "names of the queues whose figures are wanted; separated by commas, at most 100";
    private static final int TREND_POINTS = 30;
    private static final int MAX_QUEUES = 100;
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private final FigureReader reader;
    private final FigureHistory history;
    private final Attention attention;
    private final JsonMapper json;

    FigureController(FigureReader reader, FigureHistory history, Attention attention, JsonMapper json) {
        this.reader = reader;
        this.history = history;
        this.attention = attention;
        this.json = json;
    }

    @Operation(
            operationId = "getFigures",
            summary = "Get the last snapshot of the figures: sums, what needs an operator, and chosen queues",
            description = "The snapshot is read every `rowmq.metrics.interval`, or every 2 s while a stream is open.")
    @Statuses({200, 400})
    @GetMapping
    FiguresResponse get(
            @Parameter(description = QUEUES) @RequestParam(required = false) List<String> queue,
            @Parameter(description = "whether each queue has the trend of its backlog")
                    @RequestParam(defaultValue = "false") boolean trend) {
        FigureSnapshot snapshot = reader.snapshot();
        List<QueueFiguresResponse> queues = wanted(queue).stream()
                .map(snapshot.queues()::get)
                .filter(Objects::nonNull)
                .map(one -> QueueFiguresResponse.of(one, trend ? history.trend(one.queue(), TREND_POINTS) : null))
                .toList();
        return FiguresResponse.of(snapshot, queues, attention.present());
    }

    @Operation(
            operationId = "streamFigures",
            summary = "Follow the figures: an event for each snapshot, with the queues that changed",
            description =
                    "Server-Sent Events named `figures`, about every 2 s. The first one has all requested queues. A"
                            + " comment is sent after 15 s without a snapshot. All streams share the snapshots.")
    @Statuses({200, 400})
    @Events({FiguresResponse.class})
    @GetMapping(path = "/stream", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    void stream(
            @Parameter(description = QUEUES) @RequestParam(required = false) List<String> queue,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException, InterruptedException {
        Set<String> wanted = wanted(queue);
        response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Accel-Buffering", "no");
        if (request.getMethod().equals("HEAD")) {
            // a HEAD response has no body, and the stream would never end
            return;
        }
        OutputStream out = response.getOutputStream();
        write(out, "retry: 2000\n\n");
        Map<String, QueueFiguresResponse> sent = new HashMap<>();
        try (FigureReader.Viewer viewer = reader.view()) {
            while (!reader.closed()) {
                Optional<FigureSnapshot> next = viewer.next(HEARTBEAT);
                if (next.isEmpty()) {
                    write(out, ":\n\n");
                } else {
                    FiguresResponse figures = FiguresResponse.of(
                            next.get(), changed(next.get(), wanted, sent), attention.present());
                    write(out, "event: figures\ndata: " + json.writeValueAsString(figures) + "\n\n");
                }
            }
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** The wanted queues of the caller whose figures differ from those sent before; puts them into {@code sent}. */
    private static List<QueueFiguresResponse> changed(
            FigureSnapshot snapshot, Set<String> wanted, Map<String, QueueFiguresResponse> sent) {
        return wanted.stream()
                .map(snapshot.queues()::get)
                .filter(Objects::nonNull)
                .map(QueueFiguresResponse::of)
                .filter(queue -> !queue.equals(sent.put(queue.name(), queue)))
                .toList();
    }

    private static Set<String> wanted(List<String> names) {
        Set<String> wanted = new TreeSet<>(names == null ? List.of() : names);
        RangeCheck.within("queue.length", wanted.size(), 0, MAX_QUEUES);
        wanted.forEach(ResourceName::checked);
        return wanted;
    }

    /** How far back a series reaches, spelled as in the API. */
    private enum RangeParameter {
        MINUTES_15("15m", FigureHistory.Span.MINUTES_15),
        HOURS_24("24h", FigureHistory.Span.HOURS_24);

        private final String text;
        private final FigureHistory.Span range;

        RangeParameter(String text, FigureHistory.Span range) {
            this.text = text;
            this.range = range;
        }

        static FigureHistory.Span of(String text) {
            for (RangeParameter known : values()) {
                if (known.text.equals(text)) {
                    return known.range;
                }
            }
            throw new QueueException(
                    ErrorCode.OUT_OF_RANGE,
                    "range",
                    "range is '%s'; allowed are 15m and 24h".formatted(SafeText.of(text, 50)));
        }
    }

    @Operation(
            operationId = "getFigureSeries",
            summary = "Get the course of the figures of a queue, or of the sum of all queues",
            description =
                    "Kept in the memory of this instance since its start: about every 2 s for `15m`, every minute for"
                            + " `24h`; for the 100 queues with the latest activity. Other queues have only nulls.")
    @Statuses({200, 400, 404})
    @GetMapping("/series")
    SeriesResponse series(
            @Parameter(description = "name of a queue; without it, the sum of all queues")
                    @RequestParam(required = false) String queue,
            @Parameter(schema = @Schema(allowableValues = {"15m", "24h"}))
                    @RequestParam(defaultValue = "15m") String range) {
        FigureHistory.Span wanted = RangeParameter.of(range);
        if (queue == null) {
            return SeriesResponse.of(history.sum(wanted));
        }
        return SeriesResponse.of(history.series(reader.queue(queue), wanted));
    }
}
