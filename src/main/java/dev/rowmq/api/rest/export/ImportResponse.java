package dev.rowmq.api.rest.export;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import io.swagger.v3.oas.annotations.media.Schema;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The result of an import. */
@Schema(name = "ImportResult")
public record ImportResponse(
        @Schema(description = "lines that are not blank") int lines,
        int accepted,
        int duplicates,
        @Schema(description = "dead letters") int skipped,
        int rejected,
        @Schema(description = "the first 100 rejected lines") List<LineError> errors) {

    private static final int MAX_ERRORS = 100;

    /** A line that was rejected; the first is 1. */
    @Schema(name = "ImportError")
    record LineError(int line, ErrorCode code, String detail) {}

    /** Sums up the lines of an import. */
    public static final class Sum {

        private final List<LineError> errors = new ArrayList<>();
        private int accepted;
        private int duplicates;
        private int skipped;
        private int rejected;

        public void stored(boolean duplicate) {
            accepted += duplicate ? 0 : 1;
            duplicates += duplicate ? 1 : 0;
        }

        public void skipped() {
            skipped++;
        }

        /** @param line the number of the line; the first is 1 */
        public void rejected(int line, QueueException.Violation reason) {
            rejected++;
            if (errors.size() < MAX_ERRORS) {
                errors.add(new LineError(line, reason.code(), reason.detail()));
            }
        }

        public ImportResponse response(int lines) {
            return new ImportResponse(
                    lines,
                    accepted,
                    duplicates,
                    skipped,
                    rejected,
                    errors.stream().sorted(Comparator.comparing(LineError::line)).toList());
        }
    }
}
