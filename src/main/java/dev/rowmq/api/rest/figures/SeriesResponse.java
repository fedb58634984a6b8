package dev.rowmq.api.rest.figures;

import dev.rowmq.queue.figures.FigureHistory;
import dev.rowmq.queue.figures.FigureHistory.Figure;

import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The course of some figures: one value for each time, null where nothing is known. */
@Schema(name = "Series")
record SeriesResponse(
        @Schema(description = "the oldest first") List<Instant> times,
        @ArraySchema(schema = @Schema(types = {"number", "null"})) List<Float> ready,
        @ArraySchema(schema = @Schema(types = {"number", "null"})) List<Float> delayed,
        @ArraySchema(schema = @Schema(types = {"number", "null"})) List<Float> inFlight,
        @ArraySchema(schema = @Schema(types = {"number", "null"})) List<Float> dead,
        @ArraySchema(schema = @Schema(types = {"number", "null"}),
                        arraySchema = @Schema(description = "seconds; of all queues, the greatest"))
                List<Float> oldestAge,
        @ArraySchema(schema = @Schema(types = {"number", "null"})) List<Float> sentPerSecond,
        @ArraySchema(schema = @Schema(types = {"number", "null"})) List<Float> ackedPerSecond,
        @ArraySchema(schema = @Schema(types = {"number", "null"}),
                        arraySchema = @Schema(description = "messages that became dead letters"))
                List<Float> deadPerSecond) {

    static SeriesResponse of(FigureHistory.Series series) {
        return new SeriesResponse(
                series.times(),
                line(series, Figure.READY),
                line(series, Figure.DELAYED),
                line(series, Figure.IN_FLIGHT),
                line(series, Figure.DEAD),
                line(series, Figure.OLDEST_AGE),
                line(series, Figure.SENT_PER_SECOND),
                line(series, Figure.ACKED_PER_SECOND),
                line(series, Figure.DEAD_PER_SECOND));
    }

    private static List<Float> line(FigureHistory.Series series, Figure figure) {
        List<Float> line = new ArrayList<>();
        for (float value : series.values().get(figure)) {
            line.add(Float.isNaN(value) ? null : value);
        }
        return line;
    }
}
