/**
 * A call of Amazon SQS's API, independent of its form on the wire, and the two forms: AWS JSON 1.0 and Query. In both,
 * input and output are JSON trees with the names of the JSON protocol. Layer: way in.
 */
package dev.rowmq.api.sqs.protocol;
