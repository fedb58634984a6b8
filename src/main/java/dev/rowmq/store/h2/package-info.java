/**
 * The H2 implementation of the store: statements, durable commits, checks and recovery of the file. Layer: store. Only
 * {@code store.setup} uses this package.
 */
package dev.rowmq.store.h2;
