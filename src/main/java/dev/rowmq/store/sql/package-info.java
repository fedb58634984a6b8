/**
 * Set-based SQL that H2 and PostgreSQL share: settlement, dead letters, processed ids, counters. Layer: store. Locks
 * are taken in the order queue rows, message rows by position, counter rows by queue.
 */
package dev.rowmq.store.sql;
