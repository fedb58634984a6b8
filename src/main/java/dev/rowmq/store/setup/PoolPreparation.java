package dev.rowmq.store.setup;

import dev.rowmq.store.h2.H2PoolDefaults;
import dev.rowmq.store.postgres.PostgresPoolDefaults;

import com.zaxxer.hikari.HikariDataSource;

import java.time.Duration;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/** Gives each connection pool the settings of its database before its first connection. */
final class PoolPreparation implements BeanPostProcessor {

    private final Environment environment;

    PoolPreparation(Environment environment) {
        this.environment = environment;
    }

    /**
     * @throws dev.rowmq.store.database.StoreStartException when the database cannot be used, or does not answer in time
     */
    @Override
    public Object postProcessBeforeInitialization(Object bean, String name) {
        if (bean instanceof HikariDataSource pool) {
            apply(pool);
            awaitStart(pool);
        }
        return bean;
    }

    static void apply(HikariDataSource pool) {
        PostgresPoolDefaults.applyTo(pool);
        H2PoolDefaults.applyTo(pool);
    }

    /**
     * @throws dev.rowmq.store.database.StoreStartException when the database cannot be used, or does not answer in time
     */
    void awaitStart(HikariDataSource pool) {
        Duration timeout = Binder.get(environment)
                .bindOrCreate("rowmq.store", StoreProperties.class)
                .startTimeout();
        PostgresPoolDefaults.awaitStart(pool, timeout);
    }
}
