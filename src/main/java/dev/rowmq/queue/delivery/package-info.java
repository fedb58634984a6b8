/**
 * Delivery: long polling, claims, receipts, settlement and expiry. Layer: queue. Entry points: {@link
 * dev.rowmq.queue.delivery.Receiving} and {@link dev.rowmq.queue.delivery.Settling}.
 */
package dev.rowmq.queue.delivery;
