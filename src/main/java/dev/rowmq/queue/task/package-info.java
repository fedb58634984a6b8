/**
 * Tasks that change many messages of a queue in the background, and changes of single messages that an operator asks
 * for. Entry point: {@link dev.rowmq.queue.task.MessageTasks}. A task is a row in the database, so that another
 * instance goes on with it after a crash ({@link dev.rowmq.queue.task.TaskRun}).
 */
package dev.rowmq.queue.task;
