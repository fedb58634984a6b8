/**
 * Webhooks: workers that take messages from queues and post them to the receivers of subscriptions. Layer: way in.
 * {@link dev.rowmq.push.PushSupervisor} starts with the service.
 */
package dev.rowmq.push;
