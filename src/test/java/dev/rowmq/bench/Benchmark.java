package dev.rowmq.bench;

import dev.rowmq.bench.Comparison.Contender;
import dev.rowmq.bench.Comparison.Ratio;
import dev.rowmq.support.Postgres;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code ./mvnw -Pbench verify}. */
public final class Benchmark {

    private static final int CONNECTIONS = 32;

    private Benchmark() {}

    public static void main(String[] arguments) {
        Duration round = Duration.ofSeconds(Integer.getInteger("bench.seconds", 10));
        int rounds = Integer.getInteger("bench.rounds", 5);
        Set<String> only = Set.of(System.getProperty("bench.only", "a,b,c").split(","));
        try (Postgres postgres = new Postgres();
                Service onPostgres = Service.onPostgres(postgres, "bench");
                Service onH2 = Service.onH2()) {
            System.out.println("service pid " + onPostgres.pid());
            List<Comparison> all = new ArrayList<>();
            onPostgres.queue("send");
            onH2.queue("send");
            onPostgres.queue("cycle");
            onH2.queue("cycle");
            all.add(new Comparison("a", "one durable send per request", "messages/s", List.of(
                    http("HTTP floor", onPostgres, () -> Conversations.empty()),
                    http("PostgreSQL", onPostgres, () -> Conversations.send("send")),
                    http("H2", onH2, () -> Conversations.send("send"))),
                    List.of(new Ratio("PostgreSQL", "HTTP floor", 0.85), new Ratio("H2", "HTTP floor", 0))));
            all.add(new Comparison("b", "receive 1, ack 1", "requests/s", List.of(
                    http("HTTP floor", onPostgres, () -> Conversations.empty()),
                    new Contender("PostgreSQL", time -> single(onPostgres, time)),
                    new Contender("H2", time -> single(onH2, time))),
                    List.of(new Ratio("PostgreSQL", "HTTP floor", 0.7), new Ratio("H2", "HTTP floor", 0))));
            all.add(new Comparison("c", "full cycle in batches of 100", "messages/s", List.of(
                    new Contender("PostgreSQL", time -> cycle(onPostgres, "cycle", time)),
                    new Contender("H2", time -> cycle(onH2, "cycle", time))),
                    List.of(new Ratio("H2", "PostgreSQL", 0.5))));
            for (Comparison comparison : all) {
                if (only.contains(comparison.id())) {
                    String who = System.getProperty("bench.contenders", "");
                    comparison.among(who.isEmpty() ? Set.of() : Set.of(who.split(","))).run(rounds, round, Duration.ofSeconds(Integer.getInteger("bench.warmup", 10)));
                }
            }
        }
        System.exit(0);
    }

    private static Contender http(String name, Service service, java.util.function.Supplier<Conversation> each) {
        return new Contender(name, time -> LoadClient.run(service.port(), Conversations.times(CONNECTIONS, each), time));
    }

    private static LoadClient.Measured single(Service service, Duration time) {
        service.queue("single");
        // enough for the round, sent before it
        LoadClient.run(service.port(), Conversations.times(8, () -> Conversations.produce("single", 100, new Conversations.Balance())), Duration.ofSeconds(3));
        Conversations.Balance balance = new Conversations.Balance();
        return LoadClient.run(
                service.port(),
                Conversations.times(CONNECTIONS, () -> new Conversations.Consume("single", 1, balance, true)),
                time);
    }

    private static LoadClient.Measured cycle(Service service, String queue, Duration time) {
        Conversations.Balance balance = new Conversations.Balance();
        List<Conversation> all = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS / 2; i++) {
            all.add(Conversations.produce(queue, 100, balance));
            all.add(new Conversations.Consume(queue, 100, balance, false));
        }
        return LoadClient.run(service.port(), all, time);
    }
}
