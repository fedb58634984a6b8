/**
 * What must hold when processes and databases die: real processes under load, their history, and a checker of
 * histories.
 */
package dev.rowmq.crash;
