/**
 * Message groups. In FIFO queues: which messages are duplicates, and receives that are repeated. In standard queues:
 * claims that let no group hold up the others. Layer: queue.
 */
package dev.rowmq.queue.group;
