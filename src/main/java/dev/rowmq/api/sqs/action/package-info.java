/** What each action of Amazon SQS's API does, by calls of the queue service. Layer: way in. */
package dev.rowmq.api.sqs.action;
