/** Requests and responses for sending, receiving and reading messages. Layer: way in. */
package dev.rowmq.api.rest.message;
