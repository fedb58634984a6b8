package dev.rowmq.store.database;

import java.nio.channels.ClosedChannelException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import org.h2.api.ErrorCode;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;

/** The chain of causes of a database failure, and the causes by which H2 reports a damaged file. */
public final class FailureCauses {

    /** Error codes of MVStore for a page, or a reference to one, whose content is invalid. */
    private static final Set<Integer> DAMAGED = Set.of(
            DataUtils.ERROR_FILE_CORRUPT,
            DataUtils.ERROR_CHUNK_NOT_FOUND,
            DataUtils.ERROR_UNSUPPORTED_FORMAT,
            DataUtils.ERROR_BLOCK_NOT_FOUND,
            DataUtils.ERROR_SERIALIZATION,
            DataUtils.ERROR_TRANSACTION_CORRUPT,
            DataUtils.ERROR_UNKNOWN_DATA_TYPE);

    /** Maximum failures in a chain: H2 can link causes in a circle. */
    private static final int MAX_LENGTH = 20;

    private FailureCauses() {}

    /** The text of the error by which H2 reports damage in its file; empty when the failure reports no damage. */
    public static Optional<String> fileDamage(Throwable failure) {
        return of(failure).stream().filter(FailureCauses::reportsDamage).map(Throwable::getMessage).findFirst();
    }

    private static boolean reportsDamage(Throwable failure) {
        return switch (failure) {
            case MVStoreException store when store.getErrorCode() == DataUtils.ERROR_READING_FAILED ->
                first(store, ClosedChannelException.class) == null;
            case MVStoreException store -> DAMAGED.contains(store.getErrorCode());
            case SQLException sql -> sql.getErrorCode() == ErrorCode.FILE_CORRUPTED_1;
            default -> false;
        };
    }

    /** The first failure of that type in {@link #of}; null = none. */
    static <T> T first(Throwable failure, Class<T> type) {
        return of(failure).stream().filter(type::isInstance).map(type::cast).findFirst().orElse(null);
    }

    /**
     * The failure, its causes and the next exceptions of a batch, each once.
     *
     * @param failure null = an empty list
     */
    public static List<Throwable> of(Throwable failure) {
        List<Throwable> chain = new ArrayList<>();
        if (failure != null) {
            chain.add(failure);
        }
        for (int i = 0; i < chain.size() && chain.size() < MAX_LENGTH; i++) {
            Throwable one = chain.get(i);
            Stream.of(Optional.ofNullable(one.getCause()), next(one))
                    .flatMap(Optional::stream)
                    .filter(linked -> !chain.contains(linked))
                    .forEach(chain::add);
        }
        return chain;
    }

    /** H2's failure of a batch has no cause, only a next exception. */
    private static Optional<Throwable> next(Throwable failure) {
        return failure instanceof SQLException sql ? Optional.ofNullable(sql.getNextException()) : Optional.empty();
    }
}
