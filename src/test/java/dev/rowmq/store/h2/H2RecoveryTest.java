package dev.rowmq.store.h2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.store.database.FailureCauses;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;

import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The errors of H2 that indicate damage, and those that do not. Each page that is read can be damaged in a different
 * way.
 */
class H2RecoveryTest {

    private final H2Recovery recovery = new H2Recovery(null);

    @ParameterizedTest
    @ValueSource(ints = {
        DataUtils.ERROR_FILE_CORRUPT,
        DataUtils.ERROR_CHUNK_NOT_FOUND,
        DataUtils.ERROR_UNSUPPORTED_FORMAT,
        DataUtils.ERROR_BLOCK_NOT_FOUND,
        DataUtils.ERROR_SERIALIZATION,
        DataUtils.ERROR_TRANSACTION_CORRUPT,
        DataUtils.ERROR_UNKNOWN_DATA_TYPE
    })
    void damage_is_kept_for_the_health_of_the_service(int code) {
        recovery.adjudicate(general(new MVStoreException(code, "page 7")));
        assertThat(recovery.damage()).hasValue("page 7");
    }

    @Test
    void an_end_of_file_and_an_error_of_the_disk_are_damage_and_a_closed_channel_is_not() {
        assertThat(FailureCauses.fileDamage(general(reading(new EOFException())))).isPresent();
        assertThat(FailureCauses.fileDamage(general(reading(new IOException("Input/output error"))))).isPresent();
        assertThat(FailureCauses.fileDamage(general(reading(new ClosedByInterruptException())))).isEmpty();
    }

    @Test
    void an_sql_error_for_a_corrupted_file_is_damage_and_another_is_not() {
        assertThat(FailureCauses.fileDamage(new SQLException("record", "90030", 90030))).hasValue("record");
        assertThat(FailureCauses.fileDamage(new SQLException("lock", "HYT00", 50200))).isEmpty();
        assertThat(FailureCauses.fileDamage(general(new MVStoreException(DataUtils.ERROR_TRANSACTIONS_DEADLOCK, "x"))))
                .isEmpty();
    }

    @Test
    void damage_that_ends_a_batch_or_closes_the_store_is_found_as_well() {
        BatchUpdateException batch = new BatchUpdateException("batch", "HY000", 50000, new int[0]);
        batch.setNextException(general(new MVStoreException(DataUtils.ERROR_CHUNK_NOT_FOUND, "chunk 9")));
        assertThat(FailureCauses.fileDamage(new IllegalStateException(batch))).hasValue("chunk 9");
        MVStoreException closed = new MVStoreException(DataUtils.ERROR_CLOSED, "closed");
        closed.initCause(new MVStoreException(DataUtils.ERROR_FILE_CORRUPT, "page 7"));
        assertThat(FailureCauses.fileDamage(general(closed))).hasValue("page 7");
    }

    private static MVStoreException reading(IOException cause) {
        MVStoreException failure = new MVStoreException(DataUtils.ERROR_READING_FAILED, "reading failed");
        failure.initCause(cause);
        return failure;
    }

    private static SQLException general(Exception cause) {
        return new SQLException("General error", "HY000", 50000, cause);
    }
}
