/**
 * Subscriptions of webhook receivers, and the policy of which addresses may be called. Layer: queue; the calls are made
 * by {@code push}. Entry point: {@link dev.rowmq.queue.subscription.SubscriptionAdmin}.
 */
package dev.rowmq.queue.subscription;

