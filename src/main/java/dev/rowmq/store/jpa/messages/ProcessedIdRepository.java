package dev.rowmq.store.jpa.messages;

import java.util.Optional;

import org.springframework.data.repository.Repository;

interface ProcessedIdRepository extends Repository<ProcessedIdEntity, ProcessedIdEntity.GivenId> {

    Optional<ProcessedIdEntity> findById(ProcessedIdEntity.GivenId id);
}
