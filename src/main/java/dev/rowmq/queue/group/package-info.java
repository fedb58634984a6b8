/** FIFO queues: which messages are duplicates, and receives that are repeated. Layer: queue. */
package dev.rowmq.queue.group;
