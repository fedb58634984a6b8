package dev.rowmq.store.jpa.catalog;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import java.time.Instant;

/** A row of {@code topic}. */
@Entity
@Table(name = "topic")
class TopicEntity {

    @Id
    private String name;

    /** A JSON array of {@link dev.rowmq.model.fanout.Topic.Binding}. */
    private String bindings;

    private Instant createdAt;

    protected TopicEntity() {}

    TopicEntity(String name, Instant createdAt) {
        this.name = name;
        this.createdAt = createdAt;
    }

    void bind(String json) {
        bindings = json;
    }

    String name() {
        return name;
    }

    String bindings() {
        return bindings;
    }

    Instant createdAt() {
        return createdAt;
    }
}
