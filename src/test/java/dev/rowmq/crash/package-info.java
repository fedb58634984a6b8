/**
 * Guarantees that must hold when processes and databases crash: real processes under load, their history, and a checker
 * of histories.
 */
package dev.rowmq.crash;
