/** {@code /v1/tasks} and changes of single messages: what an operator does with stored messages. Layer: way in. */
package dev.rowmq.api.rest.task;
