/** The contract of Amazon SQS's API: its clients, and its requests as they are on the wire. */
package dev.rowmq.contract.sqs;
