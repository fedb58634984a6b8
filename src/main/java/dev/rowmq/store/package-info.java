/**
 * Rows and SQL. Doors: {@link dev.rowmq.store.MessageStore} (the hot path: send, claim, settle), {@link
 * dev.rowmq.store.QueueStore}, {@link dev.rowmq.store.Counters} and the classes that look after what rests: {@link
 * dev.rowmq.store.Shelf}, {@link dev.rowmq.store.DeadLetterStore}, {@link dev.rowmq.store.Upkeep}, {@link
 * dev.rowmq.store.Removal}; {@link dev.rowmq.store.TopicStore}, {@link dev.rowmq.store.RateBuckets}, {@link
 * dev.rowmq.store.CopyStore} and {@link dev.rowmq.store.Notices} (what instances share); and {@link dev.rowmq.store.SealKeys}. Entities and repositories stay inside. The tables are made by the migrations under
 * {@code src/main/resources/db/migration}.
 */
package dev.rowmq.store;
