package dev.rowmq.store.database;

import java.util.Locale;

/** The databases we run on. */
public enum Database {
    H2,
    POSTGRESQL;

    public static Database named(String product) {
        try {
            return valueOf(product.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw new IllegalStateException(
                    "RowMQ runs on H2 and PostgreSQL; spring.datasource.url leads to " + product, unknown);
        }
    }
}
