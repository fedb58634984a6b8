package dev.rowmq.store.jpa.messages;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface DelayedMessageRepository extends Repository<DelayedMessageEntity, DelayedMessageEntity.DueKey> {

    @Query("from DelayedMessageEntity where key.position = :position and key.queueId = :queueId")
    Optional<DelayedMessageEntity> findByPosition(int queueId, long position);

    @Query(
            """
            from DelayedMessageEntity
            where key.queueId = :queueId
                and key.dueAt >= :dueAt and (key.dueAt > :dueAt or key.position > :position)
            order by key.queueId, key.dueAt, key.position
            """)
    List<DelayedMessageEntity> page(int queueId, Instant dueAt, long position, Limit limit);

    /** The sizes of the bodies of {@link #page}, without reading a body. */
    @Query(
            value =
                    """
                    select octet_length(body)
                    from delayed_message
                    where queue_id = :queueId and due_at >= :dueAt and (due_at > :dueAt or position > :position)
                    order by queue_id, due_at, position
                    limit :most
                    """,
            nativeQuery = true)
    List<Integer> sizes(int queueId, Instant dueAt, long position, int most);
}
