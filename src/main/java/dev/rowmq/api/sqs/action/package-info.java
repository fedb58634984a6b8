/**
 * The actions of Amazon SQS's API, as calls of the queue service. Each method returns the output of its action, and
 * refuses it with an {@link dev.rowmq.api.sqs.protocol.SqsException} or a
 * {@link dev.rowmq.model.error.QueueException}. Layer: way in.
 */
package dev.rowmq.api.sqs.action;
