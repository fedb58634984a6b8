package dev.rowmq.store.jpa.catalog;

import java.util.List;
import java.util.Optional;

import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface SubscriptionRepository extends Repository<SubscriptionEntity, Integer> {

    /** A subscription and the name of its queue. */
    record Named(SubscriptionEntity subscription, String queue) {}

    SubscriptionEntity saveAndFlush(SubscriptionEntity subscription);

    Optional<SubscriptionEntity> findByQueueIdAndName(int queueId, String name);

    List<SubscriptionEntity> findByQueueIdOrderByName(int queueId);

    @Query("select s as subscription, q.name as queue from SubscriptionEntity s join QueueEntity q on q.id ="
            + " s.queueId where q.name is not null")
    List<Named> findAllLive();

    void delete(SubscriptionEntity subscription);
}
