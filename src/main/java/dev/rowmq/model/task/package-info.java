/** Tasks that change many messages of a queue in the background, and the filters that choose messages. Layer: model. */
package dev.rowmq.model.task;
