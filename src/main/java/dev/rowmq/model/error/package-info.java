/**
 * Errors: the error codes, the one exception that crosses packages, range checks whose error names field, value and
 * range, and text that is safe in a log line. Layer: model. Entry point: {@link dev.rowmq.model.error.QueueException}.
 */
package dev.rowmq.model.error;
