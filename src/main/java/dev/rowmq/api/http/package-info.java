/**
 * The HTTP server below every front door: deadlines for requests, memory limits, detection of clients that have gone,
 * refusal of malformed requests. Layer: way in; all of {@code api} may use it.
 */
package dev.rowmq.api.http;
