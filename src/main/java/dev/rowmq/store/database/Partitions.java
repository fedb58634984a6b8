package dev.rowmq.store.database;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import com.zaxxer.hikari.HikariDataSource;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
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
 * The databases that messages are spread over. Everything in this room works on the partition in which it is called
 * ({@link #in}), and on the first, which has the queues and topics, when it is called in none. One that does not answer
 * is left alone until it does: whoever wants it is refused at once.
 */
public final class Partitions implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Partitions.class);

    private static final ScopedValue<Integer> CURRENT = ScopedValue.newInstance();
    private static final Duration BETWEEN_PROBES = Duration.ofMillis(500);
    private static final Duration LONGEST_PROBE = Duration.ofSeconds(2);

    /** The positions of partition n begin at n times this: a position tells its partition. */
    public static final int POSITION_BITS = 48;

    /** In place of a partition, from here on: the message is in the memory of a process. */
    private static final int MEMORY = 0x2000;

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

        Connection probe() throws SQLException {
            if (!(dataSource instanceof HikariDataSource pool)) {
                return dataSource.getConnection();
            }
            Properties properties = new Properties();
            properties.putAll(pool.getDataSourceProperties());
            if (pool.getUsername() != null) {
                properties.setProperty("user", pool.getUsername());
            }
            if (pool.getPassword() != null) {
                properties.setProperty("password", pool.getPassword());
            }
            if (pool.getJdbcUrl().startsWith("jdbc:postgresql:")) {
                properties.setProperty("connectTimeout", Long.toString(LONGEST_PROBE.toSeconds()));
                properties.setProperty("socketTimeout", Long.toString(LONGEST_PROBE.toSeconds()));
            }
            return DriverManager.getConnection(pool.getJdbcUrl(), properties);
        }
    }

    private final List<Place> places;
    private final boolean ownPools;
    private volatile List<Integer> formerCounts = List.of();
    private volatile IntConsumer beforeUp = n -> {};
    private volatile boolean outgrown;
    private volatile boolean closed;

    private Partitions(List<DataSource> dataSources, boolean ownPools) {
        this.places = dataSources.stream().map(Place::new).toList();
        this.ownPools = ownPools;
    }

    /** The one of a service that has no list. */
    public static Partitions one(DataSource dataSource) {
        return new Partitions(List.of(dataSource), false);
    }

    /** Those of a list; the pools are closed with this. */
    public static Partitions listed(List<DataSource> pools) {
        return new Partitions(pools, true);
    }

    /** Leads each connection to the database of the partition in which it is asked for. */
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

    /** 1 or more. */
    public int count() {
        return places.size();
    }

    /** How many there were before some were added. */
    public List<Integer> formerCounts() {
        return formerCounts;
    }

    public void formerCounts(List<Integer> counts) {
        formerCounts = List.copyOf(counts);
    }

    /** Whether another instance has a longer list: ids may belong where this one does not look. */
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

    /** What is done in a partition before it is used again after it was down. */
    public void beforeUp(IntConsumer work) {
        beforeUp = work;
    }

    /** The partition in which the caller is; 0 when in none. */
    public static int current() {
        return CURRENT.orElse(0);
    }

    /** Does the work in a partition, whether it is known to be down or not. */
    public static void within(int partition, Runnable work) {
        ScopedValue.where(CURRENT, partition).run(work);
    }

    /** The partition of a message that has this position; may be one that there is not. */
    public static int of(long position) {
        return (int) (position >>> POSITION_BITS);
    }

    /** Whether a message with this position is in the memory of a process. */
    public static boolean inMemory(long position) {
        return of(position) >= MEMORY;
    }

    /**
     * Where the positions of messages in the memory of that process begin.
     *
     * @param process its number; every 8192nd has the same place
     */
    public static long firstInMemory(long process) {
        return (MEMORY | process % MEMORY) << POSITION_BITS;
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
     * @throws QueueException {@link ErrorCode#STORE_UNAVAILABLE} at once while it is down, and whatever the work throws
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

    /** @throws QueueException {@link ErrorCode#STORE_UNAVAILABLE} when it is known to be down */
    public void refuseIfDown(int partition) {
        if (down(partition)) {
            throw new QueueException(
                    ErrorCode.STORE_UNAVAILABLE,
                    "partition %d of 0 to %d does not answer; nothing was changed, try again"
                            .formatted(partition, count() - 1));
        }
    }

    /**
     * Has the partition made ready before it is used, now or, when it does not answer, as soon as it does.
     *
     * @return whether it answers now
     */
    public boolean prepare(int partition, Runnable preparation) {
        Place place = places.get(partition);
        place.preparation = preparation;
        boolean ready = answers(partition);
        if (!ready) {
            down(partition, true);
            suspect(partition);
        }
        return ready;
    }

    /** Finds out in the background whether it answers, for as long as it does not. */
    public void suspect(int partition) {
        Place place = places.get(partition);
        if (count() > 1 && place.probed.compareAndSet(false, true)) {
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
            // whatever it is, it must be probed on: nobody else finds out that it is there
            log.error("looking whether partition {} answers failed and will be tried again", partition, defect);
        }
        down(partition, !up);
        return up;
    }

    /** By a connection of its own: that those of the pool are busy does not mean that the database is away. */
    private boolean answers(int partition) {
        Place place = places.get(partition);
        try (Connection connection = place.probe()) {
            if (!connection.isValid((int) LONGEST_PROBE.toSeconds())) {
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
        Place place = places.get(partition);
        if (now && !place.down) {
            log.warn("partition {} does not answer; its share of the messages has to wait", partition);
        } else if (!now && place.down) {
            log.info("partition {} answers again", partition);
        }
        place.down = now;
    }

    /** A database that is another partition than the list says. */
    public static final class WrongPartition extends IllegalStateException {

        public WrongPartition(String message) {
            super(message);
        }
    }

    @Override
    public void close() throws Exception {
        closed = true;
        if (ownPools) {
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
