/**
 * JPA entities and repositories of messages, for reading one by one and page by page; the hot path uses SQL. Layer:
 * store. Entry points: {@link dev.rowmq.store.jpa.messages.MessageReader} and
 * {@link dev.rowmq.store.jpa.messages.DeadLetterStore}.
 */
package dev.rowmq.store.jpa.messages;
