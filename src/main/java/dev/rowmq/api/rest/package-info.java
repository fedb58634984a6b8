/**
 * The native HTTP API, {@code /v1}: routes and status codes. Layer: way in. Every call delegates to {@link
 * dev.rowmq.queue.QueueService} or to the administration of subscriptions.
 */
package dev.rowmq.api.rest;
