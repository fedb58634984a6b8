package dev.rowmq.queue.figures;

import java.util.List;

/** A source of attention items that are not derived from the figures. */
public interface AttentionSource {

    /** The present items; each names its queue. Costs no statement. */
    List<AttentionItem> attentionItems();
}
