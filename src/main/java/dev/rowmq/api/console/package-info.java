/**
 * The door of the web console: its files at {@code /console/}, the way there from {@code /}, and its sign-in. Layer:
 * ways in. The console itself is in {@code resources/console}; it is a client of the public API like any other.
 */
package dev.rowmq.api.console;
