package dev.rowmq.store.jpa.messages;

import java.util.List;
import java.util.Optional;

import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface DeadLetterRepository extends Repository<DeadLetterEntity, DeadLetterEntity.DeadKey> {

    Optional<DeadLetterEntity> findById(DeadLetterEntity.DeadKey key);

    @Query("from DeadLetterEntity where key.queueId = :queueId and key.position > :position order by key.queueId, "
            + "key.position")
    List<DeadLetterEntity> page(int queueId, long position, Limit limit);

    @Query("select new dev.rowmq.store.jpa.messages.DeadLetterRow(d.id, d.reason, d.lastError, d.deadAt)"
            + " from DeadLetterEntity d where d.key.queueId = :queueId order by d.key.queueId, d.key.position")
    List<DeadLetterRow> summaries(int queueId, Limit limit);

    /** The sizes of the bodies of {@link #page}, without reading a body. */
    @Query(
            value =
                    """
                    select octet_length(body)
                    from dead_letter
                    where queue_id = :queueId and position > :position
                    order by queue_id, position
                    limit :most
                    """,
            nativeQuery = true)
    List<Integer> sizes(int queueId, long position, int most);
}
