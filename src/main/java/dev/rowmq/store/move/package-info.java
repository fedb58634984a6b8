/**
 * The move of an installation from one database to another, while no service runs: {@code java -jar rowmq.jar move}.
 * Layer: store, beside the wiring, as it opens databases of both kinds itself. Start with
 * {@link dev.rowmq.store.move.MoveCommand}.
 */
package dev.rowmq.store.move;
