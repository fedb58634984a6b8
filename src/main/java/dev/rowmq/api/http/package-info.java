/**
 * The HTTP server below all HTTP APIs: deadlines for requests, memory limits, detection of closed client connections,
 * refusal of malformed requests. Layer: way in; all of {@code api} may use it.
 */
package dev.rowmq.api.http;
