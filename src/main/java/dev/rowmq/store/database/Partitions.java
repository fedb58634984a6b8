package dev.rowmq.store.database;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import com.zaxxer.hikari.HikariDataSource;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import javax.sql.DataSource;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The databases over which the messages are spread. Each statement of the store runs in the partition of its caller
 * ({@link #in}). Outside a partition it runs in the first, which holds the queues and topics. While a partition does
 * not answer, calls to it are refused at once, without a connection attempt.
 */
public final class Partitions implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Partitions.class);

    private static final ScopedValue<Integer> CURRENT = ScopedValue.newInstance();
    private static final Duration BETWEEN_PROBES = Duration.ofMillis(500);

    private final List<PartitionDatabase> places;
    private final boolean ownPools;
    private volatile List<Integer> formerCounts = List.of();
    private volatile IntConsumer beforeUp = n -> {};
    private volatile boolean outgrown;
    private volatile boolean closed;

    private Partitions(List<DataSource> dataSources, boolean ownPools) {
        this.places = dataSources.stream().map(PartitionDatabase::new).toList();
        this.ownPools = ownPools;
    }

    /** The only partition of a service without {@code rowmq.partitions}. */
    public static Partitions one(DataSource dataSource) {
        return new Partitions(List.of(dataSource), false);
    }

    /** The partitions of {@code rowmq.partitions}. Closing the partitions closes the pools. */
    public static Partitions listed(List<DataSource> pools) {
        return new Partitions(pools, true);
    }

    /** A data source that opens each connection in the current partition. */
    public DataSource routing() {
        AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
                return current();
            }
        };
        routing.setTargetDataSources(IntStream.range(0, count())
                .boxed()
                .collect(Collectors.toMap(n -> n, n -> places.get(n).dataSource)));
        routing.afterPropertiesSet();
        return routing;
    }

    public Stream<DataSource> dataSources() {
        return places.stream().map(place -> place.dataSource);
    }

    public DataSource dataSource(int partition) {
        return places.get(partition).dataSource;
    }

    /** The number of partitions, 1 or more. */
    public int count() {
        return places.size();
    }

    /** The numbers of partitions that there were before more were added. */
    public List<Integer> formerCounts() {
        return formerCounts;
    }

    public void formerCounts(List<Integer> counts) {
        formerCounts = List.copyOf(counts);
    }

    /** Whether another instance has a longer list: messages may be in partitions that this instance does not have. */
    public boolean outgrown() {
        return outgrown;
    }

    public void outgrown(boolean now) {
        if (now && !outgrown) {
            log.error(
                    "messages are spread over more than {} partitions by now: give this instance the longer list too",
                    count());
        }
        outgrown = now;
    }

    /** Sets the work that runs in a partition after an outage, before the partition is used again. */
    public void beforeUp(IntConsumer work) {
        beforeUp = work;
    }

    /** The partition in which the caller runs; 0 outside a partition. */
    public static int current() {
        return CURRENT.orElse(0);
    }

    /** Runs the work in a partition, even if the partition is marked as down. */
    public static void within(int partition, Runnable work) {
        ScopedValue.where(CURRENT, partition).run(work);
    }

    /**
     * Whether the service can go on while a partition does not answer. It cannot with a single one, which is therefore
     * never treated as down: each request tries it.
     */
    public boolean canDegrade() {
        return count() > 1;
    }

    /** Whether the partition is marked as down: it did not answer or was not ready when last probed. */
    public boolean down(int partition) {
        return places.get(partition).down;
    }

    /** The partitions that are not marked as down, in order. */
    public List<Integer> up() {
        return IntStream.range(0, count()).filter(n -> !down(n)).boxed().toList();
    }

    /**
     * Runs the work in a partition. A single partition is never treated as down.
     *
     * @throws QueueException {@link ErrorCode#STORE_UNAVAILABLE} at once while the partition is down; every exception
     *     of the work is passed on
     */
    public <T> T in(int partition, Supplier<T> work) {
        if (count() == 1) {
            return work.get();
        }
        refuseIfDown(partition);
        if (partition != current() && TransactionSynchronizationManager.isActualTransactionActive()) {
            throw new IllegalStateException(
                    "a transaction of partition " + current() + " would go on in partition " + partition);
        }
        try {
            return ScopedValue.where(CURRENT, partition).call(work::get);
        } catch (QueueException refusal) {
            if (refusal.code() == ErrorCode.STORE_UNAVAILABLE || refusal.code() == ErrorCode.OUTCOME_UNKNOWN) {
                suspect(partition);
            }
            throw refusal;
        }
    }

    /** @throws QueueException {@link ErrorCode#STORE_UNAVAILABLE} when the partition is marked as down */
    public void refuseIfDown(int partition) {
        if (down(partition)) {
            throw new QueueException(
                    ErrorCode.STORE_UNAVAILABLE,
                    "partition %d of 0 to %d does not answer; nothing was changed, try again"
                            .formatted(partition, count() - 1));
        }
    }

    /**
     * Prepares the partition for use: now, or as soon as it answers.
     *
     * @return whether the partition answers and is prepared now
     */
    public boolean prepare(int partition, Runnable preparation) {
        PartitionDatabase place = places.get(partition);
        place.preparation = preparation;
        boolean ready = answers(partition);
        if (!ready) {
            down(partition, true);
            suspect(partition);
        }
        return ready;
    }

    /** Probes the partition in the background until it answers. A single partition is not probed. */
    public void suspect(int partition) {
        PartitionDatabase place = places.get(partition);
        if (canDegrade() && place.probed.compareAndSet(false, true)) {
            Thread.ofVirtual().name("rowmq-probe-" + partition).start(() -> {
                try {
                    while (!closed && !upAgain(partition)) {
                        LockSupport.parkNanos(BETWEEN_PROBES.toNanos());
                    }
                } catch (WrongPartition wrong) {
                    log.error(
                            "partition {} stays unused until this service is started with the right list: {}",
                            partition,
                            wrong.getMessage());
                    down(partition, true);
                } finally {
                    place.probed.set(false);
                }
            });
        }
    }

    private boolean upAgain(int partition) {
        boolean up = false;
        try {
            up = answers(partition) && (!down(partition) || ready(partition));
        } catch (WrongPartition wrong) {
            throw wrong;
        } catch (RuntimeException | Error defect) {
            // probing must go on after any failure: nothing else detects that the partition answers again
            log.error("looking whether partition {} answers failed and will be tried again", partition, defect);
        }
        down(partition, !up);
        return up;
    }

    /** Probes by a connection of its own: busy connections of the pool do not mean that the database is unavailable. */
    private boolean answers(int partition) {
        PartitionDatabase place = places.get(partition);
        try (Connection connection = place.probe()) {
            if (!connection.isValid(PartitionDatabase.PROBE_SECONDS)) {
                return false;
            }
        } catch (SQLException away) {
            log.debug("partition {} does not answer", partition, away);
            return false;
        }
        Runnable preparation = place.preparation;
        if (preparation == null) {
            return true;
        }
        try {
            preparation.run();
            place.preparation = null;
            return true;
        } catch (WrongPartition wrong) {
            throw wrong;
        } catch (RuntimeException failure) {
            log.warn(
                    "partition {} answers but cannot be made ready, which will be tried again: {}",
                    partition,
                    failure.toString());
            return false;
        }
    }

    private boolean ready(int partition) {
        try {
            ScopedValue.where(CURRENT, partition).run(() -> beforeUp.accept(partition));
            return true;
        } catch (RuntimeException notNow) {
            log.debug("partition {} is not ready", partition, notNow);
            return false;
        }
    }

    private void down(int partition, boolean now) {
        PartitionDatabase place = places.get(partition);
        if (now && !place.down) {
            log.warn("partition {} does not answer; its share of the messages has to wait", partition);
        } else if (!now && place.down) {
            log.info("partition {} answers again", partition);
        }
        place.down = now;
    }

    /**
     * The list {@code rowmq.partitions} does not fit its databases: the order is wrong, a database is missing, is of
     * another kind or has queues of its own, or a new one does not answer.
     */
    public static final class WrongPartition extends IllegalStateException {

        public WrongPartition(String message) {
            super(message);
        }
    }

    @Override
    public void close() {
        closed = true;
        if (ownPools) {
            dataSources().filter(HikariDataSource.class::isInstance).forEach(pool -> ((HikariDataSource) pool).close());
        }
    }
}
