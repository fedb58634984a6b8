package dev.rowmq.store.postgres;

import dev.rowmq.store.postgres.connection.PostgresDataSource;
import dev.rowmq.store.database.DatabaseSupport;
import dev.rowmq.store.database.Durability;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.database.SqlErrorTranslator;

import com.zaxxer.hikari.HikariDataSource;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import javax.sql.DataSource;

import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.UserCredentialsDataSourceAdapter;

/** PostgreSQL, on which several instances share each partition, perhaps through a connection pooler. */
public final class PostgresSupport implements DatabaseSupport {

    private static final String OLDEST_TRANSACTION = """
        select max(extract(epoch from clock_timestamp() - xact_start))::float8
        from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend' and application_name not like 'rowmq%'
        """;

    private final Durability durability = new Durability() {};
    private final JdbcTemplate jdbc;
    private final Partitions partitions;
    private final PostgresVacuum vacuum;

    public PostgresSupport(JdbcTemplate jdbc, Partitions partitions) {
        this.jdbc = jdbc;
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
        return postgres(partitions.dataSource(Partitions.current())).filter(PostgresDataSource::pooler).isPresent();
    }

    @Override
    public Optional<String> damage() {
        return Optional.empty();
    }

    @Override
    public List<String> vacuum() {
        return vacuum.run();
    }

    /** The transactions of other roles are seen with the rights of pg_read_all_stats only. */
    @Override
    public Optional<Duration> oldestTransaction() {
        Double seconds = jdbc.queryForObject(OLDEST_TRANSACTION, Double.class);
        return Optional.ofNullable(seconds).map(value -> Duration.ofMillis(Math.max(0, (long) (value * 1000))));
    }

    /** PostgreSQL is backed up by pg_dump or a physical backup. */
    @Override
    public boolean backUp(Path file) {
        return false;
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

    @Override
    public DataSource migrating(DataSource partition, String username, String password) {
        return postgres(partition)
                .<DataSource>map(postgres -> {
                    UserCredentialsDataSourceAdapter other = new UserCredentialsDataSourceAdapter();
                    other.setTargetDataSource(postgres);
                    other.setUsername(username);
                    other.setPassword(password);
                    return other;
                })
                .orElse(partition);
    }

    @Override
    public void createSchema(DataSource partition, DataSource migrating) {
        postgres(partition).ifPresent(postgres -> {
            try (Connection connection = migrating.getConnection()) {
                postgres.schema().create(connection);
            } catch (SQLException failure) {
                throw SqlErrorTranslator.translated(new UncategorizedSQLException("create schema", null, failure));
            }
        });
    }

    private static Optional<PostgresDataSource> postgres(DataSource partition) {
        return partition instanceof HikariDataSource pool && pool.getDataSource() instanceof PostgresDataSource postgres
                ? Optional.of(postgres)
                : Optional.empty();
    }
}
