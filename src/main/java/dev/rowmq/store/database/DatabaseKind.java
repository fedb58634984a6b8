package dev.rowmq.store.database;

import java.util.Locale;

/** The supported databases. */
public enum DatabaseKind {
    H2,
    POSTGRESQL;

    public static DatabaseKind named(String product) {
        try {
            return valueOf(product.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw new IllegalStateException(
                    "RowMQ runs on H2 and PostgreSQL; spring.datasource.url leads to " + product, unknown);
        }
    }
}
