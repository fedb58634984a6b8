/**
 * Push: the service's own workers take messages from queues and post them to the receivers of subscriptions.
 *
 * <p>Door: none, it starts by itself ({@link dev.rowmq.push.Pushing}). Subscriptions are made in {@code queue.Subscriptions},
 * where it is also said whom the service may call ({@code queue.PushTargets}); their routes are in {@code api.rest}.
 */
package dev.rowmq.push;
