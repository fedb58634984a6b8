/**
 * The native HTTP API, {@code /v1}: routes and status codes. Layer: way in. Every call delegates to a service in {@code
 * dev.rowmq.queue}, or to {@link dev.rowmq.queue.subscription.SubscriptionAdmin}.
 */
package dev.rowmq.api.rest;
