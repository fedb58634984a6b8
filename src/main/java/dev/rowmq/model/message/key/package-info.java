/** The key of a message's row, and the ids that contain it. Imports nothing of ours. */
package dev.rowmq.model.message.key;
