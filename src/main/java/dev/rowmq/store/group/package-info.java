/**
 * FIFO queues in the database: the messages of a group in the order of commits, one claim of a group at a time,
 * deduplication. Layer: store. Entry point: {@link dev.rowmq.store.group.GroupedMessageStore}.
 */
package dev.rowmq.store.group;
