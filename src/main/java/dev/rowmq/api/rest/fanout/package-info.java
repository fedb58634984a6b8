/** Requests and responses for topics and subscriptions. Layer: way in. */
package dev.rowmq.api.rest.fanout;
