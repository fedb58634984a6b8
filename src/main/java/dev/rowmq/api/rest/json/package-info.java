/**
 * Readers and writers for the JSON of the native API: bodies, durations, sizes, times, and the converters. Layer: way
 * in.
 */
package dev.rowmq.api.rest.json;
