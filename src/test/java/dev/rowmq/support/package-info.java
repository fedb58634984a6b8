/** What tests stand on: real databases, running services, an HTTP client. */
package dev.rowmq.support;
