/**
 * The queue service. Layer: between the ways in and the store. Entry points: {@link dev.rowmq.queue.QueueService},
 * {@link dev.rowmq.queue.FanoutService} for topics and streams, and {@code queue.subscription.SubscriptionAdmin}.
 */
package dev.rowmq.queue;
