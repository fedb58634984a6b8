/**
 * State that instances share: rate limits, the clock, notifications, stream copies, the signing key, copies of queues
 * in other partitions. Layer: store.
 */
package dev.rowmq.store.cluster;
