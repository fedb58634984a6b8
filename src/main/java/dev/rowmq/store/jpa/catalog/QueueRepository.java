package dev.rowmq.store.jpa.catalog;

import jakarta.persistence.LockModeType;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface QueueRepository extends Repository<QueueEntity, Integer> {

    QueueEntity saveAndFlush(QueueEntity queue);

    Optional<QueueEntity> findByName(String name);

    List<QueueEntity> findByNameIn(Set<String> names);

    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("from QueueEntity where name = :name")
    Optional<QueueEntity> lockByName(String name);

    @Query("from QueueEntity where name is not null order by name")
    List<QueueEntity> findAllLive();

    @Query(value = "select clock_timestamp()", nativeQuery = true)
    Instant clock();
}
