package dev.rowmq.queue;

import dev.rowmq.message.Partitioner;

import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The partitioner, unless there is a bean in its place. */
@Configuration(proxyBeanMethods = false)
class PartitionConfiguration {

    @Bean
    @ConditionalOnMissingBean
    Partitioner partitioner() {
        return new Partitioner.Fnv();
    }
}
