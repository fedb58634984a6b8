/**
 * The JSON of the native API: the shapes of requests and responses, and how they are read and written. Layer: way in.
 */
package dev.rowmq.api.rest.json;
