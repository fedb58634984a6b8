/** The web console in a real browser. */
package dev.rowmq.console;
