/**
 * RowMQ: a durable message queue on the database a team already has.
 *
 * <pre>
 * ways in    api   push   maintenance   observability      a request, a webhook, a timer, a scrape
 *              | call; they do not depend on each other
 * queue      QueueService and its parts                   the rules
 *              | calls
 * store      statements and rows, in H2, PostgreSQL or memory
 *              | uses
 * model      records, enums, error codes
 * </pre>
 *
 * <p>A message is sent:
 *
 * <ol>
 *   <li>{@code api.rest.MessageController} reads a {@code SendRequest} and makes a {@code NewMessage} of it.
 *   <li>{@code queue.QueueService} passes it to {@code queue.send.MessageSender}, which checks it and its rate limit.
 *   <li>{@code queue.durable.PartitionRouter} selects the partition and makes a {@code MessageRow} of it.
 *   <li>{@code queue.durable.GroupCommit} collects the rows of concurrent requests into one group.
 *   <li>{@code store.MessageStore} stores the group in one transaction; the response follows the commit.
 * </ol>
 *
 * <p>A message is received and acknowledged:
 *
 * <ol>
 *   <li>{@code MessageController} passes the request through {@code QueueService} to {@code
 *       queue.delivery.MessageReceiver}, which waits in {@code WaitingReceivers} while the queue is empty.
 *   <li>{@code GroupCommit} joins the requests for one queue; {@code MessageStore} leases rows for them.
 *   <li>{@code queue.delivery.ReceiptCodec} signs each lease as a receipt; the response is a {@code DeliveryResponse}.
 *   <li>An ack comes with the receipt to {@code queue.delivery.MessageSettler}; {@code GroupCommit} joins it with
 *       others, and {@code MessageStore} deletes the rows whose lease token still matches.
 * </ol>
 *
 * <p>Dependencies point down only, and no two packages depend on each other; a test proves it.
 */
package dev.rowmq;
