package dev.rowmq.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface MessageRepository extends Repository<MessageEntity, RowKey> {

    Optional<MessageEntity> findById(RowKey key);

    @Query(
            """
            from MessageEntity
            where key.queueId = :queueId
                and (key.priority > :priority or key.priority = :priority and key.position > :position)
                and leaseState between :lowest and :highest
            order by key.queueId, key.priority, key.position
            """)
    List<MessageEntity> page(int queueId, short priority, long position, short lowest, short highest, Limit limit);

    @Query(
            """
            select enqueuedAt
            from MessageEntity
            where key.queueId = :queueId and key.priority = :priority and key.position > :behind and leaseState <= 0
            order by key.queueId, key.priority, key.position
            """)
    List<Instant> oldestReady(int queueId, short priority, long behind, Limit limit);
}
