package dev.rowmq.store;

import dev.rowmq.message.ErrorCode;
import dev.rowmq.message.Refusal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The databases that messages are spread over. Everything in this room works on the partition in which it is called
 * ({@link #in}), and on the first, which has the queues and topics, when it is called in none. One that does not answer is left
 * alone until it does: whoever wants it is refused at once.
 */
public final class Partitions implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Partitions.class);

    private static final ScopedValue<Integer> CURRENT = ScopedValue.newInstance();
    private static final Duration BETWEEN_PROBES = Duration.ofMillis(500);

    /** The positions of partition n begin at n times this: a position tells its partition. */
    static final int POSITION_BITS = 48;

    /** One of the databases. */
    private static final class Place {

        final DataSource dataSource;
        final AtomicBoolean probed = new AtomicBoolean();
        /** Makes it ready for use once; null = it is. */
        volatile Runnable preparation;

        volatile boolean down;

        Place(DataSource dataSource) {
            this.dataSource = dataSource;
        }
    }

    private final List<Place> places;
    private volatile List<Integer> formerCounts = List.of();
    private volatile boolean closed;

    Partitions(List<DataSource> dataSources) {
        this.places = dataSources.stream().map(Place::new).toList();
    }

    /** Leads each connection to the database of the partition in which it is asked for. */
    DataSource routing() {
        AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
                return current();
            }
        };
        routing.setTargetDataSources(IntStream.range(0, count())
                .boxed()
                .collect(java.util.stream.Collectors.toMap(n -> n, n -> places.get(n).dataSource)));
        routing.afterPropertiesSet();
        return routing;
    }

    DataSource dataSource(int partition) {
        return places.get(partition).dataSource;
    }

    /** 1 or more. */
    public int count() {
        return places.size();
    }

    /** How many there were before some were added. */
    public List<Integer> formerCounts() {
        return formerCounts;
    }

    void formerCounts(List<Integer> counts) {
        formerCounts = List.copyOf(counts);
    }

    /** The partition in which the caller is; 0 when in none. */
    public static int current() {
        return CURRENT.orElse(0);
    }

    /** The partition of a message that has this position; may be one that there is not. */
    public static int of(long position) {
        return (int) (position >>> POSITION_BITS);
    }

    /** Whether the partition is known not to answer. */
    public boolean down(int partition) {
        return places.get(partition).down;
    }

    /** Those that answer as far as is known, in order. */
    public List<Integer> up() {
        return IntStream.range(0, count()).filter(n -> !down(n)).boxed().toList();
    }

    /**
     * Does the work in a partition.
     *
     * @throws Refusal {@link ErrorCode#STORE_UNAVAILABLE} at once while it is down, and whatever the work throws
     */
    public <T> T in(int partition, Supplier<T> work) {
        if (count() == 1) {
            return work.get();
        }
        if (down(partition)) {
            throw unavailable(partition);
        }
        if (partition != current() && TransactionSynchronizationManager.isActualTransactionActive()) {
            throw new IllegalStateException("a transaction of partition " + current() + " would go on in partition " + partition);
        }
        try {
            return ScopedValue.where(CURRENT, partition).call(work::get);
        } catch (Refusal refusal) {
            if (refusal.code() == ErrorCode.STORE_UNAVAILABLE || refusal.code() == ErrorCode.OUTCOME_UNKNOWN) {
                suspect(partition);
            }
            throw refusal;
        }
    }

    private Refusal unavailable(int partition) {
        return new Refusal(
                ErrorCode.STORE_UNAVAILABLE,
                "partition %d of 0 to %d does not answer; nothing was changed, try again".formatted(partition, count() - 1));
    }

    /** Has the partition made ready before it is used, now or, when it does not answer, as soon as it does. */
    void prepare(int partition, Runnable preparation) {
        Place place = places.get(partition);
        place.preparation = preparation;
        if (!answers(partition)) {
            down(partition, true);
            suspect(partition);
        }
    }

    /** Finds out in the background whether it answers, for as long as it does not. */
    private void suspect(int partition) {
        Place place = places.get(partition);
        if (place.probed.compareAndSet(false, true)) {
            Thread.ofVirtual().name("rowmq-probe-" + partition).start(() -> {
                try {
                    while (!closed) {
                        boolean answers = answers(partition);
                        down(partition, !answers);
                        if (answers) {
                            return;
                        }
                        LockSupport.parkNanos(BETWEEN_PROBES.toNanos());
                    }
                } finally {
                    place.probed.set(false);
                }
            });
        }
    }

    private boolean answers(int partition) {
        Place place = places.get(partition);
        try (Connection connection = place.dataSource.getConnection()) {
            if (!connection.isValid((int) BETWEEN_PROBES.toSeconds() + 1)) {
                return false;
            }
            Runnable preparation = place.preparation;
            if (preparation != null) {
                preparation.run();
                place.preparation = null;
            }
            return true;
        } catch (WrongPartition wrong) {
            throw wrong;
        } catch (SQLException | RuntimeException failure) {
            log.debug("partition {} does not answer", partition, failure);
            return false;
        }
    }

    private void down(int partition, boolean now) {
        Place place = places.get(partition);
        if (now && !place.down) {
            log.warn("partition {} does not answer; its share of the messages has to wait", partition);
        } else if (!now && place.down) {
            log.info("partition {} answers again", partition);
        }
        place.down = now;
    }

    /** A database that is another partition than the list says. */
    static final class WrongPartition extends IllegalStateException {

        WrongPartition(String message) {
            super(message);
        }
    }

    @Override
    public void close() throws Exception {
        closed = true;
        if (count() > 1) {
            List<Exception> failures = new ArrayList<>();
            for (Place place : places) {
                try {
                    ((AutoCloseable) place.dataSource).close();
                } catch (Exception failure) {
                    failures.add(failure);
                }
            }
            if (!failures.isEmpty()) {
                throw failures.getFirst();
            }
        }
    }
}
