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
 * <p>A message is sent, with the type that travels in brackets:
 *
 * <ol>
 *   <li>{@code api.rest.MessageController} reads the request [{@code SendRequest}, then {@code NewMessage}].
 *   <li>{@code queue.QueueService} passes it on to {@code queue.send.MessageSender}, which checks it and its rate limit
 *       [{@code PendingMessage}, which makes a {@code MessageRow}].
 *   <li>{@code queue.durable.DurableStorage}, the {@code QueueStorage} of durable queues, has {@code PartitionRouter}
 *       select the partition.
 *   <li>{@code queue.commit.PartitionedCommit} and {@code GroupCommit} collect the rows of concurrent requests.
 *   <li>{@code store.MessageStore} stores the group; the response follows the commit [{@code SendOutcome}, then {@code
 *       SendResult}, then {@code SendResponse}].
 * </ol>
 *
 * <p>A message is received and acknowledged:
 *
 * <ol>
 *   <li>{@code MessageController} passes the request through {@code QueueService} to {@code
 *       queue.delivery.MessageReceiver}, which waits in {@code WaitingReceivers} while the queue is empty.
 *   <li>{@code queue.durable.PartitionedDeliveries} makes one claim of concurrent requests for a queue, in a group with
 *       the claims of other queues; {@code MessageStore} leases rows [{@code Lease}].
 *   <li>{@code queue.delivery.ReceiptCodec} signs each lease as a receipt [{@code Delivery}, then {@code
 *       DeliveryResponse}].
 *   <li>An ack comes with its receipt through {@code api.rest.SettlementController} to {@code
 *       queue.delivery.MessageSettler} [{@code Settlement}]; {@code PartitionedDeliveries} joins it with others, and
 *       {@code MessageStore} deletes the rows whose lease token still matches.
 * </ol>
 *
 * <p>Clients of Amazon SQS come in by {@code api.sqs} and use the same {@code QueueService}.
 *
 * <p>On PostgreSQL a team can send, receive and ack in its own transactions, without the service: by the functions of
 * {@code db/migration/postgresql/R__sql_functions.sql}, on the same tables.
 *
 * <p>Dependencies point down only, and no two packages depend on each other; a test proves it.
 */
package dev.rowmq;
