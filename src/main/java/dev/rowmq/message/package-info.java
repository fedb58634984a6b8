/**
 * The ground: the nouns every other room speaks of. Records, enums and one exception, {@link dev.rowmq.message.Refusal};
 * no framework and nothing else of ours is imported here.
 */
package dev.rowmq.message;
