/**
 * The figures of all queues over time: a snapshot that is read at an interval, the rates between snapshots, their
 * history in memory, and what in them needs an operator. Layer: queue. Entry points: {@link
 * dev.rowmq.queue.figures.FigureReader}, {@link dev.rowmq.queue.figures.FigureHistory}, {@link
 * dev.rowmq.queue.figures.QueueList}.
 *
 * <p>Metrics, viewers and alerts all use the same snapshot. No viewer causes a statement.
 */
package dev.rowmq.queue.figures;
