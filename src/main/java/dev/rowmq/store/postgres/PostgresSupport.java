package dev.rowmq.store.postgres;

import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.Durability;
import dev.rowmq.store.database.Partitions;

import com.zaxxer.hikari.HikariDataSource;

import java.util.List;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;

/** PostgreSQL, on which several instances share each partition, perhaps through a connection pooler. */
public final class PostgresSupport implements DatabaseSupport {

    private final Durability durability = new Durability() {};
    private final Partitions partitions;
    private final PostgresVacuum vacuum;

    public PostgresSupport(JdbcTemplate jdbc, Partitions partitions) {
        this.partitions = partitions;
        this.vacuum = new PostgresVacuum(jdbc, this);
    }

    @Override
    public Durability durability() {
        return durability;
    }

    @Override
    public boolean shared() {
        return true;
    }

    @Override
    public boolean behindPooler() {
        return partitions.dataSource(Partitions.current()) instanceof HikariDataSource pool
                && pool.getDataSource() instanceof PostgresDataSource postgres
                && postgres.pooler();
    }

    @Override
    public Optional<String> damage() {
        return Optional.empty();
    }

    @Override
    public List<String> vacuum() {
        return vacuum.run();
    }

    @Override
    public String lockingClause() {
        return " for update skip locked";
    }

    @Override
    public String jobLockTime() {
        return "timezone('utc', clock_timestamp())";
    }

    @Override
    public String currentSchema() {
        return "current_schema()";
    }
}
