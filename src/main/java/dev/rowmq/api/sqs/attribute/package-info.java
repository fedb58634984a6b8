/** Attributes of queues and messages as clients of Amazon SQS set and read them. Layer: way in. */
package dev.rowmq.api.sqs.attribute;
