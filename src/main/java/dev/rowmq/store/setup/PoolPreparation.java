package dev.rowmq.store.setup;

import dev.rowmq.store.h2.H2PoolDefaults;
import dev.rowmq.store.postgres.connection.PostgresPoolDefaults;

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
            apply(pool, properties().schema(), properties().maxShare());
            awaitStart(pool);
        }
        return bean;
    }

    /**
     * @param schema null = the default schema of the database
     * @param share  maximum share of the server's connections, above 0, at most 1
     */
    static void apply(HikariDataSource pool, String schema, double share) {
        PostgresPoolDefaults.applyTo(pool, schema, share);
        H2PoolDefaults.applyTo(pool);
    }

    /**
     * @throws dev.rowmq.store.database.StoreStartException when the database cannot be used, or does not answer in time
     */
    void awaitStart(HikariDataSource pool) {
        PostgresPoolDefaults.awaitStart(pool, properties().startTimeout());
    }

    private StoreProperties properties() {
        return Binder.get(environment).bindOrCreate("rowmq.store", StoreProperties.class);
    }
}
