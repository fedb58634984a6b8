/**
 * The rules. Door: {@link dev.rowmq.queue.QueueService}, which every way in calls; behind it {@link
 * dev.rowmq.queue.Sending}, {@link dev.rowmq.queue.Receiving} and {@link dev.rowmq.queue.Settling}, which share {@link
 * dev.rowmq.queue.GroupCommit}, and the queues themselves in {@link dev.rowmq.queue.Queues}. Fan-out is {@link
 * dev.rowmq.queue.Publishing}, watching a queue {@link dev.rowmq.queue.Broadcast}. {@link dev.rowmq.queue.Housekeeping} is the
 * door of the timed jobs.
 */
package dev.rowmq.queue;
