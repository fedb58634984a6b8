/**
 * The benchmark: {@code ./mvnw -Pbench verify}. It measures the service from outside, together with its floors and its
 * rivals.
 */
package dev.rowmq.bench;
