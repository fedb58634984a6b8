/**
 * The native HTTP API, {@code /v1}: routes, JSON shapes and status codes. Every call delegates to {@link
 * dev.rowmq.queue.QueueService}; nothing is decided here but what HTTP asks for.
 */
package dev.rowmq.api.rest;
