/** Requests and responses for settling deliveries, dead letters and processed ids. Layer: way in. */
package dev.rowmq.api.rest.settlement;
