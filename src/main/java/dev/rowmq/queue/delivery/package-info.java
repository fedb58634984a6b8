/**
 * Delivery: long polling, claims, receipts, settlement and expiry. Layer: queue. Entry points: {@link
 * dev.rowmq.queue.delivery.MessageReceiver} and {@link dev.rowmq.queue.delivery.MessageSettler}.
 */
package dev.rowmq.queue.delivery;

