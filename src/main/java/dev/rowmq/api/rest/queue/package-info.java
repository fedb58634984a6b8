/** Requests and responses for queues. Layer: way in. */
package dev.rowmq.api.rest.queue;
