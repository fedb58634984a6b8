/**
 * The H2 implementation of the store: statements, durable commits, checks and recovery of the file. Layer: store.
 * Named by {@code store.setup} only.
 */
package dev.rowmq.store.h2;
