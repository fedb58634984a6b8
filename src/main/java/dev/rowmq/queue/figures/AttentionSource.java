package dev.rowmq.queue.figures;

import java.util.List;

/** A part of the service that finds something that needs attention by itself, and not in the figures. */
public interface AttentionSource {

    /** What needs attention at the moment; each item names its queue. Costs no statement. */
    List<AttentionItem> attentionItems();
}
