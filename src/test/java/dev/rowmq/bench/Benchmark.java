package dev.rowmq.bench;

import dev.rowmq.bench.Comparison.Contender;
import dev.rowmq.bench.Comparison.Ratio;
import dev.rowmq.support.Conversation;
import dev.rowmq.support.Image;
import dev.rowmq.support.LoadClient;
import dev.rowmq.support.LoadClient.Measured;
import dev.rowmq.support.Postgres;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * {@code ./mvnw -Pbench verify}. Settings: {@code -Dbench.seconds} of a round (10), {@code -Dbench.rounds} (5),
 * {@code -Dbench.warmup} seconds (20), {@code -Dbench.only} letters (a,b,...), {@code -Dbench.contenders} names (of l:
 * parts of names), {@code -Dbench.snapshot} duration of f in seconds (300), {@code -Dbench.rows} numbers of messages
 * for k (10000,1000000), {@code -Dbench.idle} minutes of l (5), {@code -Dbench.rabbitmq} the URL of a broker (none),
 * {@code -Dbench.jars} other jars of the service that m compares with the built one (none).
 */
public final class Benchmark {

    private static final String DATABASE = "bench";

    static final int CONNECTIONS = 32;

    /** A send that is parsed and answered without any storage: no queue behind this API can be faster. */
    private static final String JSON_FLOOR = "JSON floor";

    /** Maximum number of messages in the bulk work with concurrent load: enough for a round, and quickly sent. */
    private static final int MAX_CONCURRENT = 200_000;

    private static final String ELASTIC_MQ = "ElasticMQ in memory";

    /** The same messages over the API of RowMQ: its commits and rows bound the SQS API. */
    private static final String OWN_API = "PostgreSQL, own API";

    private static final String IN_MEMORY = "queue in memory";

    private static final Duration ROUND = Duration.ofSeconds(Integer.getInteger("bench.seconds", 10));
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("bench.warmup", 20));
    private static final Duration SNAPSHOT = Duration.ofSeconds(Integer.getInteger("bench.snapshot", 300));
    private static final Set<String> ONLY = words("bench.only", "a,b,c,e,f,g,h,i,j,k,l,n,o,p,q");
    private static final Set<String> CONTENDERS = words("bench.contenders", "");
    private static final Set<String> JARS = words("bench.jars", "");

    private final Postgres postgres = new Postgres();
    private final Report report = new Report();

    private Benchmark() {}

    private static Set<String> words(String property, String otherwise) {
        return Set.of(Arrays.stream(System.getProperty(property, otherwise).split(","))
                .filter(word -> !word.isEmpty())
                .toArray(String[]::new));
    }

    public static void main(String[] arguments) throws Exception {
        Benchmark benchmark = new Benchmark();
        int exit = 1;
        try {
            benchmark.run();
            exit = 0;
        } catch (Throwable failure) {
            failure.printStackTrace();
        } finally {
            benchmark.postgres.close();
        }
        // client threads may still be waiting for their servers
        System.exit(exit);
    }

    private void run() throws Exception {
        report.fact("PostgreSQL", postgres.query("show server_version") + ", fsync " + postgres.query("show fsync")
                + ", synchronous_commit " + postgres.query("show synchronous_commit"));
        try (Service onPostgres = Service.onPostgres(postgres, DATABASE, "rowmq.memory.size=250MB");
                Service onH2 = Service.onH2();
                Rivals rivals = new Rivals(report)) {
            for (Service service : List.of(onPostgres, onH2)) {
                List.of("send", "single", "cycle").forEach(service::queue);
            }
            if (ONLY.contains("a")) {
                sends(onPostgres, onH2, rivals);
            }
            if (ONLY.contains("b")) {
                singles(onPostgres, onH2);
            }
            if (ONLY.contains("c") || ONLY.contains("d")) {
                cycles(onPostgres, onH2, rivals);
            }
            if (ONLY.contains("g")) {
                report.add(Latency.measure(onPostgres, ROUND, WARM_UP));
            }
            if (ONLY.contains("e") || ONLY.contains("h")) {
                loaded(onPostgres);
            }
            if (ONLY.contains("f")) {
                oldSnapshot(onPostgres);
            }
            if (ONLY.contains("j")) {
                scaledOut(onPostgres);
            }
            if (ONLY.contains("k")) {
                bulkWork(onPostgres, "PostgreSQL", 10_000);
                bulkWork(onH2, "H2", 3_000);
                if (CONTENDERS.isEmpty() || CONTENDERS.contains("PostgreSQL")) {
                    try (Service service = Service.onPostgres(postgres, "burst")) {
                        report.add(Burst.measure(service));
                    }
                }
            }
            if (!JARS.isEmpty()) {
                jars();
            }
            if (ONLY.contains("o")) {
                MessageCost.measure(onPostgres, postgres, DATABASE, report);
            }
            if (ONLY.contains("n")) {
                sqlSends(onPostgres);
            }
            if (ONLY.contains("p")) {
                sqs(onPostgres, onH2, rivals);
            }
            if (ONLY.contains("q")) {
                compare(new Backlog(onPostgres, 200_000).fifo(), ROUNDS, ROUND);
                fifo(onPostgres, onH2, rivals);
            }
            if (ONLY.contains("r")) {
                for (int size : List.of(10_000, 1_000_000)) {
                    compare(new Backlog(onPostgres, size).noisy(), ROUNDS, ROUND);
                }
            }
            if (ONLY.contains("s")) {
                viewers(onPostgres);
            }
            if (ONLY.contains("l")) {
                IdleCost.measure(postgres, Duration.ofMinutes(Integer.getInteger("bench.idle", 5)), CONTENDERS, report);
            }
            if (ONLY.contains("i")) {
                try (Service service = Service.onPostgres(postgres, "large")) {
                    report.add(Memory.measure(service));
                }
            }
        }
        report.write();
    }

    private void compare(Comparison comparison, int rounds, Duration round) {
        report.add(comparison.among(CONTENDERS).run(rounds, round, WARM_UP));
    }

    private void sends(Service onPostgres, Service onH2, Rivals rivals) {
        try (DatabaseFloor floor = new DatabaseFloor(postgres.create("floor_send"))) {
            List<Contender> contenders = new ArrayList<>(List.of(
                    floor(onPostgres),
                    http(JSON_FLOOR, onPostgres, Conversations::echo),
                    http("PostgreSQL", onPostgres, () -> Conversations.send("send")),
                    http("H2", onH2, () -> Conversations.send("send")),
                    new Contender(IN_MEMORY, time -> {
                        onPostgres.emptyInMemory("memory");
                        return LoadClient.run(
                                onPostgres.port(),
                                Conversations.times(CONNECTIONS, () -> Conversations.send("memory")),
                                time);
                    }),
                    new Contender("database floor", floor::send)));
            rivals.elasticMq().ifPresent(elastic -> contenders.add(new Contender(
                    ELASTIC_MQ,
                    time -> {
                        elastic.purge();
                        return LoadClient.run(elastic.port(), Conversations.times(CONNECTIONS, elastic::send), time);
                    })));
            rivals.rabbitMq().ifPresent(rabbit -> contenders.add(new Contender("RabbitMQ quorum", rabbit::send)));
            compare(
                    new Comparison(
                            "a",
                            "one durable send per request",
                            "messages/s",
                            contenders,
                            List.of(
                                    new Ratio("PostgreSQL", "HTTP floor", 0.85),
                                    new Ratio("PostgreSQL", "RabbitMQ quorum", 2),
                                    new Ratio("PostgreSQL", ELASTIC_MQ, 1),
                                    new Ratio("PostgreSQL", "database floor", 0),
                                    new Ratio("H2", "HTTP floor", 0),
                                    new Ratio(IN_MEMORY, "HTTP floor", 0.95),
                                    new Ratio(JSON_FLOOR, "HTTP floor", 0),
                                    new Ratio("PostgreSQL", JSON_FLOOR, 0),
                                    new Ratio(IN_MEMORY, JSON_FLOOR, 0),
                                    new Ratio(IN_MEMORY, ELASTIC_MQ, 0))),
                    ROUNDS,
                    ROUND);
        }
    }

    /** What 50 open consoles cost: each follows the figures of ten queues. */
    private void viewers(Service service) {
        for (int i = 0; i < 10; i++) {
            service.queue("watched-" + i);
        }
        compare(
                new Comparison(
                        "s",
                        "one durable send per request",
                        "messages/s",
                        List.of(
                                http("no viewer", service, () -> Conversations.send("send")),
                                new Contender("50 viewers", time -> {
                                    try (Viewers viewers = new Viewers(service, 50)) {
                                        return LoadClient.run(
                                                service.port(),
                                                Conversations.times(CONNECTIONS, () -> Conversations.send("send")),
                                                time);
                                    }
                                })),
                        List.of(new Ratio("50 viewers", "no viewer", 0.95))),
                ROUNDS,
                ROUND);
    }

    /** Amazon SQS's protocol, with the same client for all contenders. */
    private void sqs(Service onPostgres, Service onH2, Rivals rivals) {
        onPostgres.queue("sqs");
        onH2.queue("sqs");
        Map<String, SqsConversations> clients = new LinkedHashMap<>();
        clients.put("PostgreSQL", new SqsConversations(onPostgres.port(), "sqs"));
        clients.put("H2", new SqsConversations(onH2.port(), "sqs"));
        rivals.elasticMq()
                .ifPresent(elastic -> clients.put(ELASTIC_MQ, new SqsConversations(elastic.port(), "bench")));
        SqsConversations queue = clients.get("PostgreSQL");
        compareSqs("SendMessage", clients, SqsConversations::sends, time -> {
            queue.purge();
            return load(onPostgres, time, () -> Conversations.send("sqs"));
        });
        compareSqs("SendMessageBatch of 10", clients, SqsConversations::batches, time -> {
            queue.purge();
            return load(onPostgres, time, () -> Conversations.sendBatch("sqs", SqsConversations.BATCH));
        });
        compareSqs(
                "ReceiveMessage of 10, DeleteMessageBatch of 10", clients, SqsConversations::receives, time -> {
                    queue.fill(time);
                    Conversations.Balance balance = new Conversations.Balance(Long.MAX_VALUE);
                    return load(onPostgres, time, () -> new Conversations.Consume(
                            List.of("sqs"), SqsConversations.BATCH, balance, false));
                });
    }

    /** FIFO queues with 1,000 groups over Amazon SQS's protocol. */
    private void fifo(Service onPostgres, Service onH2, Rivals rivals) {
        String settings = "{\"fifo\": true}";
        onPostgres.queue("sqs.fifo", settings);
        onH2.queue("sqs.fifo", settings);
        Map<String, SqsConversations> clients = new LinkedHashMap<>();
        clients.put("PostgreSQL", new SqsConversations(onPostgres.port(), "sqs.fifo", Backlog.GROUPS));
        clients.put("H2", new SqsConversations(onH2.port(), "sqs.fifo", Backlog.GROUPS));
        rivals.elasticMq()
                .ifPresent(elastic -> clients.put(
                        ELASTIC_MQ, new SqsConversations(elastic.port(), "bench.fifo", Backlog.GROUPS)));
        compareFifo("FIFO: SendMessage", clients, SqsConversations::sends);
        compareFifo("FIFO: SendMessageBatch of 10", clients, SqsConversations::batches);
        compareFifo("FIFO: ReceiveMessage of 10, DeleteMessageBatch", clients, SqsConversations::receives);
    }

    private void compareFifo(
            String title,
            Map<String, SqsConversations> clients,
            BiFunction<SqsConversations, Duration, LoadClient.Measured> work) {
        List<Contender> contenders = new ArrayList<>();
        clients.forEach((name, client) -> contenders.add(new Contender(name, time -> work.apply(client, time))));
        compare(
                new Comparison(
                        "q",
                        title,
                        "messages/s",
                        contenders,
                        List.of(new Ratio("PostgreSQL", ELASTIC_MQ, 1.2), new Ratio("H2", ELASTIC_MQ, 0))),
                ROUNDS,
                ROUND);
    }

    private static LoadClient.Measured load(Service service, Duration time, Supplier<Conversation> each) {
        return LoadClient.run(service.port(), Conversations.times(CONNECTIONS, each), time);
    }

    private void compareSqs(
            String title,
            Map<String, SqsConversations> clients,
            BiFunction<SqsConversations, Duration, LoadClient.Measured> work,
            Function<Duration, LoadClient.Measured> ownApi) {
        List<Contender> contenders = new ArrayList<>();
        clients.forEach((name, client) ->
                contenders.add(new Contender(name, time -> work.apply(client, time))));
        contenders.add(new Contender(OWN_API, ownApi));
        compare(
                new Comparison(
                        "p",
                        title,
                        "messages/s",
                        contenders,
                        List.of(
                                new Ratio("PostgreSQL", ELASTIC_MQ, 1.2),
                                new Ratio("PostgreSQL", OWN_API, 0.9),
                                new Ratio("H2", ELASTIC_MQ, 0))),
                ROUNDS,
                ROUND);
    }

    private void singles(Service onPostgres, Service onH2) {
        compare(
                new Comparison(
                        "b",
                        "receive 1, ack 1",
                        "requests/s",
                        List.of(
                                floor(onPostgres),
                                new Contender("PostgreSQL", time -> single(onPostgres, time)),
                                new Contender("H2", time -> single(onH2, time))),
                        List.of(new Ratio("PostgreSQL", "HTTP floor", 0.7), new Ratio("H2", "HTTP floor", 0))),
                ROUNDS,
                ROUND);
    }

    private void cycles(Service onPostgres, Service onH2, Rivals rivals) {
        try (DatabaseFloor floor = new DatabaseFloor(postgres.create("floor_cycle"))) {
            List<Contender> contenders = new ArrayList<>(List.of(
                    new Contender("PostgreSQL", time -> cycle(onPostgres, time, "cycle")),
                    new Contender("H2", time -> cycle(onH2, time, "cycle")),
                    new Contender("database floor", floor::cycle)));
            rivals.rabbitMq().ifPresent(rabbit -> contenders.add(new Contender("RabbitMQ quorum", rabbit::cycle)));
            compare(
                    new Comparison(
                            "c, d",
                            "full cycle in batches of 100",
                            "messages/s",
                            contenders,
                            List.of(
                                    new Ratio("PostgreSQL", "RabbitMQ quorum", 1.5),
                                    new Ratio("PostgreSQL", "database floor", 0.6),
                                    new Ratio("H2", "PostgreSQL", 0.5))),
                    ROUNDS,
                    ROUND);
        }
    }

    private void loaded(Service onPostgres) {
        try (Loaded loaded = new Loaded(postgres)) {
            report.add(loaded.listQueues());
            if (ONLY.contains("e")) {
                List<Contender> contenders = new ArrayList<>();
                contenders.add(new Contender("nothing else", time -> cycle(onPostgres, time, "cycle")));
                loaded.queues().forEach((what, queues) -> contenders.add(
                        new Contender(what, time -> cycle(loaded.service(), time, queues.toArray(String[]::new)))));
                List<Ratio> ratios = loaded.queues().keySet().stream()
                        .map(what -> new Ratio(what, "nothing else", 0.9))
                        .toList();
                compare(
                        new Comparison("e", "full cycle in batches of 100, with", "messages/s", contenders, ratios),
                        ROUNDS,
                        ROUND);
            }
        }
    }

    private void oldSnapshot(Service onPostgres) {
        try (Service other = Service.onPostgres(postgres, "snapshot")) {
            other.queue("cycle");
            cycle(other, WARM_UP, "cycle");
            other.holdSnapshot();
            compare(
                    new Comparison(
                            "f",
                            "full cycle in batches of 100, an old snapshot held for %d s"
                                    .formatted(SNAPSHOT.toSeconds()),
                            "messages/s",
                            List.of(
                                    new Contender("no snapshot", time -> cycle(onPostgres, time, "cycle")),
                                    new Contender("old snapshot", time -> cycle(other, time, "cycle"))),
                            List.of(new Ratio("old snapshot", "no snapshot", 0.9))),
                    ROUNDS,
                    SNAPSHOT.dividedBy(2L * ROUNDS));
            report.add(new Report.Finding(
                    "f",
                    "size of table message with its index at the end",
                    "%s, of the other %s".formatted(other.tableSize(), onPostgres.tableSize()),
                    "bounded"));
        }
    }

    /**
     * On one machine no configuration can be faster than one instance on one database; the measurement shows the cost
     * of each.
     */
    private void scaledOut(Service one) {
        try (Service partitions = Service.onPartitions(postgres, "part_0", "part_1");
                Service first = Service.onPostgres(postgres, "shared");
                Service second = first.another();
                Service third = first.another()) {
            partitions.queue("send");
            partitions.queue("cycle");
            first.queue("send");
            first.queue("cycle");
            Map<String, List<Service>> kinds = new LinkedHashMap<>();
            kinds.put("1 instance", List.of(one));
            kinds.put("2 partitions", List.of(partitions));
            kinds.put("3 instances", List.of(first, second, third));
            List<Contender> sends = new ArrayList<>();
            List<Contender> cycles = new ArrayList<>();
            kinds.forEach((kind, services) -> {
                List<Integer> ports = services.stream().map(Service::port).toList();
                sends.add(new Contender(
                        kind,
                        time -> LoadClient.run(
                                ports, Conversations.times(CONNECTIONS, () -> Conversations.send("send")), time)));
                cycles.add(new Contender(kind, time -> cycle(ports, time, "cycle")));
                // the first service is warmed up already; three services compile the code of one at the same time
                Duration coldness = WARM_UP.multipliedBy(2L * services.size());
                sends.getLast().work().apply(coldness);
                cycles.getLast().work().apply(coldness);
            });
            List<Ratio> ratios =
                    List.of(new Ratio("2 partitions", "1 instance", 0), new Ratio("3 instances", "1 instance", 0));
            compare(
                    new Comparison("j", "one durable send per request, spread", "messages/s", sends, ratios),
                    ROUNDS,
                    ROUND);
            compare(
                    new Comparison("j", "full cycle in batches of 100, spread", "messages/s", cycles, ratios),
                    ROUNDS,
                    ROUND);
        }
    }

    private void sqlSends(Service service) {
        try (SqlSends sends = new SqlSends(service.databaseUrl())) {
            compare(
                    new Comparison(
                            "n",
                            "one send by SQL per transaction",
                            "messages/s",
                            List.of(
                                    new Contender("rowmq.send", sends::send),
                                    new Contender("same rows, plain SQL", sends::rows),
                                    new Contender("same rows, in a function", sends::rowsInFunction),
                                    new Contender("plain insert", sends::plainInsert),
                                    new Contender("pgmq stand-in", sends::standIn)),
                            List.of(
                                    new Ratio("rowmq.send", "plain insert", 0.7),
                                    new Ratio("same rows, plain SQL", "plain insert", 0),
                                    new Ratio("same rows, in a function", "same rows, plain SQL", 0),
                                    new Ratio("rowmq.send", "same rows, in a function", 0.9),
                                    new Ratio("rowmq.send", "pgmq stand-in", 1))),
                    ROUNDS,
                    ROUND);
            report.add(new Report.Finding(
                    "n",
                    "longest of 320 sends in 16 transactions that stay open for a second",
                    "%.1f ms".formatted(sends.longestSendBesideOpenTransactions()),
                    "no waiting"));
        }
    }

    /** a, b and c of the built jar beside other jars, on PostgreSQL. */
    private void jars() {
        Map<String, Service> services = new LinkedHashMap<>();
        try {
            services.put("built", Service.ofJar(Image.builtJar(), postgres, "jar_0"));
            for (String jar : JARS) {
                Path path = Path.of(jar).toAbsolutePath();
                services.put(
                        path.getFileName().toString(), Service.ofJar(path, postgres, "jar_" + services.size()));
            }
            services.values().forEach(service -> List.of("send", "single", "cycle").forEach(service::queue));
            compareJars("one durable send per request", services, service -> http(
                    "PostgreSQL", service, () -> Conversations.send("send")).work());
            compareJars("receive 1, ack 1", services, service -> time -> single(service, time));
            compareJars("full cycle in batches of 100", services, service -> time -> cycle(service, time, "cycle"));
        } finally {
            services.values().forEach(Service::close);
        }
    }

    private void compareJars(
            String title, Map<String, Service> services, Function<Service, Function<Duration, Measured>> work) {
        List<Contender> contenders = services.entrySet().stream()
                .map(service -> new Contender(service.getKey(), work.apply(service.getValue())))
                .toList();
        List<Ratio> ratios = contenders.stream().skip(1).map(other -> new Ratio("built", other.name(), 0)).toList();
        compare(new Comparison("m", title, "messages/s", contenders, ratios), ROUNDS, ROUND);
    }

    private void bulkWork(Service service, String database, int goal) {
        if (!CONTENDERS.isEmpty() && !CONTENDERS.contains(database)) {
            return;
        }
        BulkWork work = new BulkWork(service, database, goal, report, time -> cycle(service, time, "cycle"));
        cycle(service, WARM_UP, "cycle");
        List<Integer> sizes = Arrays.stream(System.getProperty("bench.rows", "10000,1000000").split(","))
                .map(Integer::valueOf)
                .toList();
        sizes.forEach(messages -> work.measure(messages, Duration.ZERO));
        work.measure(Math.min(sizes.getLast(), MAX_CONCURRENT), ROUND);
    }

    private static Contender floor(Service service) {
        return http("HTTP floor", service, Conversations::empty);
    }

    private static Contender http(String name, Service service, Supplier<Conversation> each) {
        return new Contender(
                name, time -> LoadClient.run(service.port(), Conversations.times(CONNECTIONS, each), time));
    }

    private static Measured single(Service service, Duration time) {
        // sends enough messages for the round before it begins
        Conversations.Balance unbounded = new Conversations.Balance(Long.MAX_VALUE);
        LoadClient.run(
                service.port(),
                Conversations.times(8, () -> Conversations.produce(List.of("single"), 100, unbounded)),
                Duration.ofMillis(time.toMillis() / 3));
        Conversations.Balance balance = new Conversations.Balance(0);
        return LoadClient.run(
                service.port(),
                Conversations.times(CONNECTIONS, () -> new Conversations.Consume(List.of("single"), 1, balance, true)),
                time);
    }

    private static Measured cycle(Service service, Duration time, String... queues) {
        return cycle(List.of(service.port()), time, queues);
    }

    private static Measured cycle(List<Integer> ports, Duration time, String... queues) {
        // enough messages for each queue to have some
        Conversations.Balance balance = new Conversations.Balance(Math.max(20_000, 200L * queues.length));
        List<Conversation> all = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS / 2; i++) {
            all.add(Conversations.produce(List.of(queues), 100, balance));
            all.add(new Conversations.Consume(List.of(queues), 100, balance, false));
        }
        return LoadClient.run(ports, all, time);
    }
}
