/** The limits of what queues in memory may take. Layer: store. */
package dev.rowmq.store.memory.limit;
