/** Masks parts of message bodies for callers whose API key must not see them. Layer: way in, shared by all APIs. */
package dev.rowmq.api.http.mask;
