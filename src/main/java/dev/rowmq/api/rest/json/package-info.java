/**
 * How the JSON of the native API is read and written: bodies, durations, sizes, times, and the converters. Layer: way
 * in.
 */
package dev.rowmq.api.rest.json;
