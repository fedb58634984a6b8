/**
 * The HTTP server below every front door: deadlines for what clients send, and whether a client that waits is still
 * there. Entry point: {@link dev.rowmq.api.http.ClientConnection#of}.
 */
package dev.rowmq.api.http;
