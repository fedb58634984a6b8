/**
 * Errors of the native API as {@code application/problem+json} (RFC 9457). Layer: way in. Entry point: {@link
 * dev.rowmq.api.rest.error.ApiExceptionHandler}.
 */
package dev.rowmq.api.rest.error;
