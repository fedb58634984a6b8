/**
 * Webhooks: workers that take messages from queues and post them to the receivers of subscriptions. Layer: way in. It
 * starts by itself, with {@link dev.rowmq.push.PushSupervisor}.
 */
package dev.rowmq.push;
