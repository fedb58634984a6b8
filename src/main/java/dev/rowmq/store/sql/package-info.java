/**
 * Set-based SQL that H2 and PostgreSQL share: settlement, dead letters, processed ids, counters. Layer: store. Locks
 * are taken in the order queue rows, message rows by position, counter rows by queue.
 *
 * <p>Values of {@code message.lease_state}: 0 = never leased; 1 = leased, and counted as ready before; 2 = leased again
 * after a lease that ended without a settlement, so that the message was counted as in flight all the time; negative =
 * given back by a nack. A positive value does not change when the lease ends: the counters move when the message is
 * leased, settled or found by a job.
 */
package dev.rowmq.store.sql;
