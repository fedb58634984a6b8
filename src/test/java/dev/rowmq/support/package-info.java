/** Test support: real databases, running services, an HTTP client. */
package dev.rowmq.support;
