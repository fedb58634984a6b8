package dev.rowmq.store.jpa.catalog;

import java.util.List;
import java.util.Optional;

import org.springframework.data.repository.Repository;

interface TopicRepository extends Repository<TopicEntity, String> {

    TopicEntity saveAndFlush(TopicEntity topic);

    Optional<TopicEntity> findById(String name);

    List<TopicEntity> findAllByOrderByName();

    int deleteByName(String name);
}
