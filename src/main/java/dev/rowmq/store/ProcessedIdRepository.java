package dev.rowmq.store;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;

import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface ProcessedIdRepository extends Repository<ProcessedIdEntity, ProcessedIdEntity.GivenId> {

    Optional<ProcessedIdEntity> findById(ProcessedIdEntity.GivenId id);

    @Query("select p.position from ProcessedIdEntity p where p.key.queueId = :queueId and p.key.id in :ids and p.processedAt is not null")
    Set<Long> findProcessed(int queueId, Collection<String> ids);
}
