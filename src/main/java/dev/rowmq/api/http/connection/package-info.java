/** The connections of clients: how long a request may take to arrive, and whether a client is still there. */
package dev.rowmq.api.http.connection;
