/**
 * Amazon SQS's API, for its clients: one endpoint at {@code /} and {@code /{account}/{queue}}, in the AWS JSON 1.0
 * protocol and in the older Query protocol. Entry point: {@link dev.rowmq.api.sqs.SqsController}. Layer: way in.
 */
package dev.rowmq.api.sqs;
