package dev.rowmq.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.TestDatabase;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;

/** The migrations create the same schema in both databases. */
class SchemaTest {

    private static final Map<String, String> SAME = Map.of(
            "int4", "integer",
            "int8", "bigint",
            "int2", "smallint",
            "bool", "boolean",
            "float8", "double precision",
            "timestamptz", "timestamp with time zone",
            "bytea", "binary varying",
            "text", "character varying",
            "varchar", "character varying",
            "serial", "integer");

    @Test
    void both_databases_have_the_same_tables_columns_and_keys() throws SQLException {
        Map<String, Set<String>> h2 = schema(TestDatabase.H2);
        Map<String, Set<String>> postgresql = schema(TestDatabase.POSTGRESQL);

        assertThat(h2.keySet())
                .contains("message", "delayed_message", "processed_id", "dead_letter", "queue", "queue_counter");
        assertThat(postgresql).isEqualTo(h2);
    }

    @Test
    void the_hot_table_has_one_index_its_primary_key() throws SQLException {
        for (TestDatabase database : List.of(TestDatabase.H2, TestDatabase.POSTGRESQL)) {
            assertThat(schema(database).get("message"))
                    .filteredOn(line -> line.startsWith("index"))
                    .containsExactly("index queue_id, priority, position unique");
        }
    }

    private static Map<String, Set<String>> schema(TestDatabase database) throws SQLException {
        Map<String, Set<String>> tables = new TreeMap<>();
        try (Connection connection = database.service().bean(DataSource.class).getConnection()) {
            DatabaseMetaData meta = connection.getMetaData();
            String schema = database == TestDatabase.H2 ? "PUBLIC" : "rowmq";
            try (ResultSet row = meta.getTables(null, schema, null, null)) {
                while (row.next()) {
                    String name = row.getString("TABLE_NAME");
                    if (row.getString("TABLE_TYPE").contains("TABLE") && !name.contains("flyway")) {
                        tables.put(name.toLowerCase(Locale.ROOT), table(meta, schema, name));
                    }
                }
            }
        }
        return tables;
    }

    private static Set<String> table(DatabaseMetaData meta, String schema, String name) throws SQLException {
        Set<String> lines = new TreeSet<>();
        try (ResultSet row = meta.getColumns(null, schema, name, null)) {
            while (row.next()) {
                String type = row.getString("TYPE_NAME").toLowerCase(Locale.ROOT);
                lines.add("column " + row.getString("COLUMN_NAME").toLowerCase(Locale.ROOT) + " "
                        + SAME.getOrDefault(type, type) + " " + row.getString("IS_NULLABLE"));
            }
        }
        Map<String, String> columns = new TreeMap<>();
        Map<String, String> unique = new TreeMap<>();
        try (ResultSet row = meta.getIndexInfo(null, schema, name, false, true)) {
            while (row.next()) {
                String index = row.getString("INDEX_NAME");
                if (index != null) {
                    // only PostgreSQL has indexes on expressions
                    String column = row.getString("COLUMN_NAME").replaceAll("\\(+(\\w+) \\+ 0\\)+", "$1");
                    columns.merge(index, column.toLowerCase(Locale.ROOT), (a, b) -> a + ", " + b);
                    unique.put(index, row.getBoolean("NON_UNIQUE") ? "" : " unique");
                }
            }
        }
        columns.forEach((index, of) -> lines.add("index " + of + unique.get(index)));
        return lines;
    }
}
