/**
 * Messages in every state (accepted, stored, delivered, settled, dead) and the rules for their content. Layer: model.
 * Entry point: {@link dev.rowmq.model.message.NewMessage}.
 */
package dev.rowmq.model.message;
