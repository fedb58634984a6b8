package dev.rowmq.store;

/**
 * The result of one set of a scan through messages.
 *
 * @param messages number of messages changed
 * @param last     the greatest position read; the next set begins after it
 * @param more     whether any message was found; false = the scan is complete
 */
public record ScanStep(int messages, long last, boolean more) {

    public static ScanStep of(BulkStore.Step step) {
        return new ScanStep(step.messages(), step.last(), step.more());
    }
}
