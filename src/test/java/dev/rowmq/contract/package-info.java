/** The contract of the service, each test on H2 and on PostgreSQL, over HTTP. */
package dev.rowmq.contract;
