/**
 * Topics, streams and subscriptions: one message for several receivers. Layer: model.
 */
package dev.rowmq.model.fanout;
