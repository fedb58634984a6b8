package dev.rowmq.store.setup;

import java.util.Locale;

/** The supported databases. */
enum DatabaseKind {
    H2,
    POSTGRESQL;

    static DatabaseKind named(String product) {
        try {
            return valueOf(product.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw new IllegalStateException(
                    "RowMQ runs on H2 and PostgreSQL; spring.datasource.url leads to " + product, unknown);
        }
    }
}
