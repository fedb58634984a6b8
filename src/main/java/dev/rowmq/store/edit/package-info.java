/** Changes of single messages and dead letters that an operator asks for: delete, move, make ready. Layer: store. */
package dev.rowmq.store.edit;
