/**
 * Access control for all HTTP APIs: API keys with roles, in a header or as the secret of a signature; without keys,
 * local requests only. Layer: way in. Entry point:
 * {@link dev.rowmq.api.security.ApiKeyProperties}, the settings.
 */
package dev.rowmq.api.security;

