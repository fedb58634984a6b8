package dev.rowmq.store.setup;

import dev.rowmq.model.error.QueueException;
import dev.rowmq.store.BulkStore;
import dev.rowmq.store.MessageStore;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.DurableJdbcTransactions;
import dev.rowmq.store.database.DurableJpaTransactions;
import dev.rowmq.store.database.DurableTransactions;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.StoreStartException;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.h2.H2BulkStore;
import dev.rowmq.store.h2.H2Durability;
import dev.rowmq.store.h2.H2MessageStore;
import dev.rowmq.store.h2.H2Support;
import dev.rowmq.store.postgres.PostgresBulkStore;
import dev.rowmq.store.postgres.PostgresMessageStore;
import dev.rowmq.store.postgres.PostgresSupport;
import dev.rowmq.store.sql.DeadLetterWriter;
import dev.rowmq.store.group.DeduplicationRows;
import dev.rowmq.store.group.FairStore;
import dev.rowmq.store.group.GroupClaims;
import dev.rowmq.store.group.GroupedMessageStore;
import dev.rowmq.store.group.H2GroupClaims;
import dev.rowmq.store.group.LateReleases;
import dev.rowmq.store.group.PostgresGroupClaims;
import dev.rowmq.store.sql.FifoQueues;
import dev.rowmq.store.sql.GroupRows;
import dev.rowmq.store.sql.JdbcMessageStore;
import dev.rowmq.store.sql.MetadataJson;
import dev.rowmq.store.sql.ProcessedIds;
import dev.rowmq.store.sql.QueueCounters;

import com.zaxxer.hikari.HikariDataSource;

import jakarta.persistence.EntityManagerFactory;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.sql.DataSource;

import org.aopalliance.aop.Advice;
import org.aopalliance.intercept.MethodInterceptor;
import org.springframework.aop.support.ComposablePointcut;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.context.annotation.Role;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;

import tools.jackson.databind.json.JsonMapper;

/** Creates the beans of the store for the configured database. */
@Configuration(proxyBeanMethods = false)
@EnableJpaRepositories("dev.rowmq.store.jpa")
@EnableTransactionManagement(proxyTargetClass = true)
class StoreConfiguration {

    /** Without {@code rowmq.partitions} the only partition is Spring Boot's own data source. */
    @Bean
    Partitions partitions(
            PartitionProperties properties,
            StoreProperties store,
            Environment environment,
            ObjectProvider<DataSource> springs) {
        if (properties.partitions().isEmpty()) {
            return Partitions.one(springs.getObject());
        }
        List<DataSource> pools = new ArrayList<>();
        for (PartitionProperties.Partition partition : properties.partitions()) {
            HikariDataSource pool = new HikariDataSource();
            Binder.get(environment).bind("spring.datasource.hikari", Bindable.ofInstance(pool));
            pool.setJdbcUrl(partition.url());
            pool.setUsername(partition.username());
            pool.setPassword(partition.password());
            pool.setPoolName("rowmq-" + pools.size());
            PoolPreparation.apply(
                    pool, partition.schema() == null ? store.schema() : partition.schema(), store.maxShare());
            pools.add(pool);
        }
        new PoolPreparation(environment).awaitStart((HikariDataSource) pools.getFirst());
        return Partitions.listed(pools);
    }

    @Bean
    @ConditionalOnProperty("rowmq.partitions[0].url")
    DataSource dataSource(Partitions partitions) {
        return partitions.routing();
    }

    @Bean
    PartitionRegistrar partitionRegistrar(Partitions partitions, DatabaseSupport support, StoreProperties store) {
        return new PartitionRegistrar(partitions, support, store.migration());
    }

    @Bean
    DatabaseKind database(DataSource dataSource) throws Exception {
        return DatabaseKind.named(JdbcUtils.commonDatabaseName(
                JdbcUtils.extractDatabaseMetaData(dataSource, meta -> meta.getDatabaseProductName())));
    }

    @Bean
    static PoolPreparation poolPreparation(Environment environment) {
        return new PoolPreparation(environment);
    }

    /**
     * Checks the urls before the first connection: another kind of database would fail with an error about driver
     * classes.
     */
    @Bean
    static BeanFactoryPostProcessor knownDatabase(Environment environment) {
        return beans -> {
            List<String> urls = Stream.concat(
                            Stream.ofNullable(environment.getProperty("spring.datasource.url")),
                            IntStream.range(0, PartitionProperties.MAX_PARTITIONS)
                                    .mapToObj(n -> environment.getProperty("rowmq.partitions[" + n + "].url"))
                                    .filter(Objects::nonNull))
                    .toList();
            urls.stream().filter(url -> !url.startsWith("jdbc:h2:") && !url.startsWith("jdbc:postgresql:")).findFirst()
                    .ifPresent(url -> {
                throw new StoreStartException(
                        "RowMQ was given the database " + url.split("[?;]", 2)[0].replaceFirst("//[^/@]*@", "//"),
                        "it works with PostgreSQL and with H2 only",
                        "Set spring.datasource.url to jdbc:postgresql://host:5432/database, or to "
                                + "jdbc:h2:file:./data/rowmq.");
            });
        };
    }

    /** Uses a JDBC template of its own: Spring Boot's waits for the migrations, which need this bean. */
    @Bean
    DatabaseSupport databaseSupport(DataSource dataSource, DatabaseKind database, Partitions partitions) {
        return switch (database) {
            case H2 -> new H2Support(new H2Durability(dataSource), partitions);
            case POSTGRESQL -> new PostgresSupport(new JdbcTemplate(dataSource), partitions);
        };
    }

    @Bean
    DurableTransactions durableTransactions(DatabaseSupport support) {
        return new DurableTransactions(support.durability());
    }

    @Bean
    @Primary
    DurableJpaTransactions transactionManager(
            EntityManagerFactory entityManagerFactory, DurableTransactions durable) {
        return new DurableJpaTransactions(entityManagerFactory, durable);
    }

    @Bean
    Transactions transactions(DataSource dataSource, DurableTransactions durable, DatabaseSupport support) {
        return new Transactions(new DurableJdbcTransactions(dataSource, durable), durable, support);
    }

    @Bean
    @Primary
    MessageStore messageStore(
            JdbcMessageStore store,
            Transactions transactions,
            GroupRows groups,
            FifoQueues fifo,
            DeduplicationRows deduplication,
            GroupClaims claims,
            LateReleases late) {
        return new GroupedMessageStore(store, transactions, groups, fifo, deduplication, claims, late);
    }

    @Bean
    FairStore fairStore(
            JdbcTemplate jdbc, Transactions transactions, QueueCounters counters, GroupClaims claims) {
        return new FairStore(jdbc, transactions, counters, claims);
    }

    @Bean
    GroupClaims groupClaims(
            DatabaseSupport support,
            JdbcTemplate jdbc,
            MetadataJson metadata,
            Transactions transactions,
            QueueCounters counters) {
        return support instanceof H2Support
                ? new H2GroupClaims(jdbc, metadata, transactions, counters, support)
                : new PostgresGroupClaims(jdbc, metadata, transactions, counters, support);
    }

    @Bean
    JdbcMessageStore jdbcMessageStore(
            DatabaseSupport support,
            JdbcTemplate jdbc,
            MetadataJson metadata,
            Transactions transactions,
            QueueCounters counters,
            DeadLetterWriter deadLetterWriter,
            ProcessedIds processedIds) {
        return support instanceof H2Support h2
                ? new H2MessageStore(
                        jdbc, metadata, transactions, counters, deadLetterWriter, processedIds, h2.durability())
                : new PostgresMessageStore(jdbc, metadata, transactions, counters, deadLetterWriter, processedIds);
    }

    @Bean
    BulkStore bulkStore(DatabaseSupport support, JdbcTemplate jdbc) {
        return support instanceof H2Support h2
                ? new H2BulkStore(jdbc, h2.durability())
                : new PostgresBulkStore(jdbc);
    }

    @Bean
    MetadataJson metadataJson(JsonMapper json) {
        return new MetadataJson(json);
    }

    /**
     * Translates the database exceptions that leave a {@code @Transactional} method into {@link QueueException}.
     * Defects are rethrown unchanged.
     */
    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static DefaultPointcutAdvisor sqlErrorTranslationAdvisor() {
        Advice translate = (MethodInterceptor) call -> {
            try {
                return call.proceed();
            } catch (RuntimeException failure) {
                throw failure instanceof QueueException ? failure : SqlErrorTranslator.translated(failure);
            }
        };
        ComposablePointcut transactional = new ComposablePointcut(
                        new AnnotationMatchingPointcut(Transactional.class, null, true))
                .union(new AnnotationMatchingPointcut(null, Transactional.class, true));
        DefaultPointcutAdvisor advisor = new DefaultPointcutAdvisor(transactional, translate);
        advisor.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return advisor;
    }
}
