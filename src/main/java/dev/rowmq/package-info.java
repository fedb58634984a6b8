/**
 * RowMQ: a durable message queue on the database a team already has.
 *
 * <pre>
 * ways in     api.rest  api.access  push  maintenance  metrics    start work: request, message, timer, scrape
 *    | call      (they do not know each other)
 * queue       QueueService over Sending, Receiving, Settling, and the rules
 *    | calls
 * store       rows and SQL: JPA entities, the set-based statements of the hot path; and queues in memory
 *    | uses
 * message     the nouns: records, enums, error codes; imports nothing of ours
 * </pre>
 *
 * <table>
 * <caption>What lives where</caption>
 * <tr><td>{@code message}</td><td>queue, message, delivery, dead letter, counts, error codes, and their bounds</td></tr>
 * <tr><td>{@code store}</td><td>tables: claim, send and settle in sets; transactions that are durable; both databases; partitions; notices between instances</td></tr>
 * <tr><td>{@code store.memory}</td><td>queues that are kept in memory, by the same contract</td></tr>
 * <tr><td>{@code queue}</td><td>what may be done: group commit, long polling, receipts, retries, dead letters, deduplication, rate limits,
 * topics, streams, who may be called</td></tr>
 * <tr><td>{@code api.rest}</td><td>{@code /v1}: routes, JSON, status codes, the OpenAPI document</td></tr>
 * <tr><td>{@code api.access}</td><td>API keys and roles; loopback only without them</td></tr>
 * <tr><td>{@code push}</td><td>workers that post messages to the receivers of subscriptions</td></tr>
 * <tr><td>{@code maintenance}</td><td>timed jobs: redelivery, clean-up, vacuum, memory report</td></tr>
 * <tr><td>{@code metrics}</td><td>meters, {@code /actuator/queues}</td></tr>
 * </table>
 *
 * <p>Arrows point down only; a test proves it.
 */
package dev.rowmq;
