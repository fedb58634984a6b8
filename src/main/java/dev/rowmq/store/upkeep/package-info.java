/**
 * Bulk work in short transactions: messages that are due, whose lease ended or that expired, purges, deleted queues.
 * Layer: store. Entry points: {@link dev.rowmq.store.upkeep.Upkeep} and {@link dev.rowmq.store.upkeep.MessageRemover}.
 */
package dev.rowmq.store.upkeep;
