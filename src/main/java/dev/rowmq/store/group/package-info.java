/**
 * Message groups in the database. In FIFO queues: the messages of a group in the order of commits, one claim of a group
 * at a time, deduplication. In standard queues: the messages in flight of each group. Layer: store. Entry points:
 * {@link dev.rowmq.store.group.GroupedMessageStore} and {@link dev.rowmq.store.group.FairStore}.
 */
package dev.rowmq.store.group;
