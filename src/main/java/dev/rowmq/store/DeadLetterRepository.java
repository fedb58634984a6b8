package dev.rowmq.store;

import jakarta.persistence.LockModeType;

import java.time.Instant;
import java.util.List;

import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface DeadLetterRepository extends Repository<DeadLetterEntity, DeadLetterEntity.DeadKey> {

    @Query("from DeadLetterEntity where key.queueId = :queueId and id = :id order by key.position desc")
    List<DeadLetterEntity> findById(int queueId, String id, Limit limit);

    @Query("from DeadLetterEntity where key.queueId = :queueId and key.position > :position order by key.position")
    List<DeadLetterEntity> page(int queueId, long position, Limit limit);

    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("from DeadLetterEntity where key.queueId = :queueId and id in :ids order by key.position")
    List<DeadLetterEntity> lock(int queueId, List<String> ids);

    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("from DeadLetterEntity where key.queueId = :queueId order by key.position")
    List<DeadLetterEntity> lockFirst(int queueId, Limit limit);

    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("from DeadLetterEntity where key.queueId = :queueId and deadAt <= :before order by deadAt")
    List<DeadLetterEntity> lockOld(int queueId, Instant before, Limit limit);
}
