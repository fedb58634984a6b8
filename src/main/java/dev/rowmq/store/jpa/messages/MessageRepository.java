package dev.rowmq.store.jpa.messages;

import dev.rowmq.store.sql.MessageRowKey;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface MessageRepository extends Repository<MessageEntity, MessageRowKey> {

    Optional<MessageEntity> findById(MessageRowKey key);

    /** The sizes of the bodies of {@link #page}, without reading a body. */
    @Query(
            value =
                    """
                    select octet_length(body)
                    from message
                    where queue_id = :queueId and priority = :priority and position > :position and position <= :through
                        and lease_state between :lowest and :highest and expires_at > :after
                    order by queue_id, priority, position
                    limit :most
                    """,
            nativeQuery = true)
    List<Integer> sizes(
            int queueId, short priority, long position, long through, short lowest, short highest, Instant after,
            int most);

    /** @param after messages that expire at that time or before are left out */
    @Query(
            """
            from MessageEntity
            where key.queueId = :queueId and key.priority = :priority and key.position > :position
                and key.position <= :through
                and leaseState between :lowest and :highest and expiresAt > :after
            order by key.queueId, key.priority, key.position
            """)
    List<MessageEntity> page(
            int queueId, short priority, long position, long through, short lowest, short highest, Instant after,
            Limit limit);

    @Query(
            """
            select enqueuedAt
            from MessageEntity
            where key.queueId = :queueId and key.priority = :priority and key.position > :behind
                and leaseState <= 0 and expiresAt > :now
            order by key.queueId, key.priority, key.position
            """)
    List<Instant> oldestReady(int queueId, short priority, long behind, Instant now, Limit limit);

    @Query(value = "select clock_timestamp()", nativeQuery = true)
    Instant clock();
}
