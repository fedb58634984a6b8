/**
 * Errors: the codes, the one exception that crosses packages, range checks that name field, value and range, and text
 * that is safe in a log line. Layer: model. Entry point: {@link dev.rowmq.model.error.QueueException}.
 */
package dev.rowmq.model.error;
