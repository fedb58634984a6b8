package dev.rowmq.bench;

import dev.rowmq.support.Conversation;
import dev.rowmq.support.LoadClient;
import dev.rowmq.support.Postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Processor time and resident memory of services without messages: without a queue, with many queues, and with clients
 * that wait. All services run side by side, on both databases. The processor time of a PostgreSQL service includes the
 * time of its connections in the database server. It is measured after the services have run for as long as the
 * measurement takes, because the compiler of the JVM needs several minutes for the code of the jobs.
 */
final class IdleCost {

    /**
     * @param goal maximum share of one processor, in percent; 0 = none
     * @param seconds wait of each long poll; negative = so many seconds between receives of paused queues, which are
     *     answered at once without a statement
     */
    private record Load(String name, double goal, int queues, int pollsPerQueue, int seconds, int streams) {}

    private static final List<Load> LOADS = List.of(
            new Load("no queue", 1, 0, 0, 0, 0),
            new Load("3,000 queues", 2, 3000, 0, 0, 0),
            new Load("one poll of 60 s at each of 1,500 queues", 5, 1500, 1, 60, 0),
            new Load("one poll of 20 s at each of 1,500 queues", 5, 1500, 1, 20, 0),
            new Load("one receive each 20 s at each of 1,500 paused queues", 0, 1500, 1, -20, 0),
            new Load("2,000 polls of 20 s at 20 queues and 500 streams", 10, 20, 100, 20, 500));

    /** The processor time of a connection of the database can be read only while it exists. */
    private static final String KEEP_CONNECTIONS = "spring.datasource.hikari.max-lifetime=0";

    private static final Duration BETWEEN_STARTS = Duration.ofSeconds(10);

    private final List<Idle> all = new ArrayList<>();

    private IdleCost() {}

    /**
     * @param time   of the measurement, and of the run before it
     * @param wanted parts of the names of the loads and databases to measure; empty = all
     */
    static void measure(Postgres postgres, Duration time, Set<String> wanted, Report report) {
        IdleCost services = new IdleCost();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int n = 0; n < LOADS.size(); n++) {
                if (isWanted(wanted, LOADS.get(n), "H2")) {
                    services.all.add(services.new Idle(LOADS.get(n), "H2", null, Service.onH2()));
                }
                if (isWanted(wanted, LOADS.get(n), "PostgreSQL")) {
                    String database = "idle_" + n;
                    services.all.add(services.new Idle(
                            LOADS.get(n), "PostgreSQL", database,
                            Service.onPostgres(postgres, database, KEEP_CONNECTIONS)));
                }
            }
            List<CompletableFuture<Void>> polls = services.all.stream()
                    .map(idle -> CompletableFuture.runAsync(() -> idle.poll(time.multipliedBy(2)), clients))
                    .toList();
            pause(time, polls);
            services.all.forEach(idle -> {
                idle.before = idle.used(postgres);
                idle.refusedBefore = idle.refused;
            });
            pause(time, polls);
            for (Idle idle : services.all) {
                if (idle.refused != idle.refusedBefore) {
                    throw new IllegalStateException("polls were refused during the measurement: " + idle.load);
                }
            }
            services.all.forEach(idle -> report.add(idle.finding(postgres, time)));
            polls.forEach(CompletableFuture::join);
        } finally {
            services.all.forEach(Idle::close);
        }
    }

    private static boolean isWanted(Set<String> wanted, Load load, String storage) {
        return wanted.stream().allMatch(word -> load.name().contains(word) || storage.equals(word));
    }

    /** Waits; ends early, with the cause, when a client fails. */
    private static void pause(Duration time, List<CompletableFuture<Void>> polls) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
            polls.stream().filter(CompletableFuture::isCompletedExceptionally).forEach(CompletableFuture::join);
        }
    }

    /** Processor time since the start of the processes. */
    private record Used(Duration service, Duration database) {}

    private final class Idle implements AutoCloseable {

        private final Load load;
        private final String storage;
        private final String database;
        private final Service service;
        private final List<Socket> streams = new ArrayList<>();
        private Used before;
        /** Polls that were not answered by 200, as when thousands come at once to a service that just started. */
        private volatile int refused;
        private int refusedBefore;

        Idle(Load load, String storage, String database, Service service) {
            this.load = load;
            this.storage = storage;
            this.database = database;
            this.service = service;
            for (int n = 0; n < load.queues(); n++) {
                service.queue("idle-" + n);
                if (load.seconds() < 0) {
                    service.http().post("/v1/queues/idle-" + n + "/pause", "").expect(200);
                }
            }
            for (int n = 0; n < load.streams(); n++) {
                streams.add(stream("idle-" + n % load.queues()));
            }
        }

        private Socket stream(String queue) {
            try {
                Socket socket = new Socket("127.0.0.1", service.port());
                socket.getOutputStream().write(
                        ("GET /v1/queues/" + queue + "/stream HTTP/1.1\r\nHost: localhost\r\n"
                                        + "Accept: text/event-stream\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                return socket;
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }

        /** Keeps the load's long polls waiting for this time. */
        void poll(Duration time) {
            var conversations = IntStream.range(0, load.queues() * load.pollsPerQueue())
                    .mapToObj(n -> new Poll("idle-" + n % load.queues(), 1 + n % Math.abs(load.seconds())))
                    .toList();
            if (!conversations.isEmpty()) {
                // the clients of one service after those of another, as all of them start on the same processors
                Duration later = BETWEEN_STARTS.multipliedBy(all.indexOf(this));
                LockSupport.parkNanos(later.toNanos());
                LoadClient.run(service.port(), conversations, time.minus(later));
            }
        }

        /** Long polls, after a first one that ends earlier, so that not all clients come at once. */
        private final class Poll implements Conversation {

            private final ByteBuffer first;
            private final ByteBuffer next;
            private boolean begun;
            private long due = System.nanoTime();

            Poll(String queue, int firstSeconds) {
                boolean waits = load.seconds() > 0;
                first = receive(queue, waits ? firstSeconds : 0);
                next = receive(queue, waits ? load.seconds() : 0);
                pause(firstSeconds);
            }

            private void pause(int seconds) {
                due += load.seconds() < 0 ? Duration.ofSeconds(seconds).toNanos() : 0;
            }

            private static ByteBuffer receive(String queue, int seconds) {
                return Conversations.post(
                        "/v1/queues/" + queue + "/receive", "{\"max\":1,\"wait\":\"" + seconds + "s\"}");
            }

            @Override
            public ByteBuffer next() {
                if (begun && System.nanoTime() - due < 0) {
                    return null;
                }
                return (begun ? next : first).duplicate();
            }

            @Override
            public int answered(int status, byte[] bytes, int from, int to) {
                if (status == 200) {
                    boolean begunBefore = begun;
                    begun = true;
                    pause(begunBefore ? -load.seconds() : 0);
                } else {
                    refused++;
                }
                return 1;
            }
        }

        Used used(Postgres postgres) {
            return new Used(
                    service.processorTime(), database == null ? Duration.ZERO : postgres.processorTime(database));
        }

        Report.Finding finding(Postgres postgres, Duration time) {
            Used after = used(postgres);
            double ofService = percent(after.service().minus(before.service()), time);
            double ofDatabase = percent(after.database().minus(before.database()), time);
            return new Report.Finding(
                    "l",
                    "idle with " + load.name() + ", " + storage,
                    "%.2f %% of a processor (service %.2f, database %.2f), %d MB resident".formatted(
                            ofService + ofDatabase, ofService, ofDatabase, service.residentBytes() >> 20),
                    load.goal() == 0 ? "none" : "%.0f %%".formatted(load.goal()));
        }

        private static double percent(Duration used, Duration time) {
            return 100.0 * used.toNanos() / time.toNanos();
        }

        @Override
        public void close() {
            try {
                for (Socket stream : streams) {
                    stream.close();
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            } finally {
                service.close();
            }
        }
    }
}
