package dev.rowmq.store.database;

import com.zaxxer.hikari.HikariDataSource;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.sql.DataSource;

/** The database of one partition, and whether it answers. */
final class PartitionDatabase {

    /** The time limit of each step of a probe. */
    static final int PROBE_SECONDS = 2;


    final DataSource dataSource;
    final AtomicBoolean probed = new AtomicBoolean();
    /** Runs once before the first use; null = the partition is prepared. */
    volatile Runnable preparation;

    volatile boolean down;

    PartitionDatabase(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** Opens a connection of its own, outside the pool. */
    Connection probe() throws SQLException {
        if (!(dataSource instanceof HikariDataSource pool)) {
            return dataSource.getConnection();
        }
        Properties properties = new Properties();
        properties.putAll(pool.getDataSourceProperties());
        if (pool.getUsername() != null) {
            properties.setProperty("user", pool.getUsername());
        }
        if (pool.getPassword() != null) {
            properties.setProperty("password", pool.getPassword());
        }
        if (pool.getJdbcUrl().startsWith("jdbc:postgresql:")) {
            properties.setProperty("connectTimeout", Integer.toString(PROBE_SECONDS));
            properties.setProperty("socketTimeout", Integer.toString(PROBE_SECONDS));
        }
        return DriverManager.getConnection(pool.getJdbcUrl(), properties);
    }
}
