package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.queue.durable.Partitioner;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.h2.api.Trigger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** One service on three databases. */
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class PartitionsTest {

    private static final Map<TestDatabase, RunningService> SERVICES = new EnumMap<>(TestDatabase.class);
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration SLOW = Duration.ofMillis(700);

    private final TestDatabase database;
    private final Http http;

    PartitionsTest(TestDatabase database) {
        this.database = database;
        this.http = SERVICES.computeIfAbsent(database, any -> started(fresh(any, 3))).http();
    }

    private static List<String> fresh(TestDatabase database, int many) {
        return Stream.generate(database::freshUrl).limit(many).toList();
    }

    private static RunningService started(List<String> urls, String... more) {
        List<String> settings = new ArrayList<>(List.of(more));
        for (int i = 0; i < urls.size(); i++) {
            settings.add("rowmq.partitions[" + i + "].url=" + urls.get(i));
        }
        return new RunningService("jdbc:h2:mem:unused", settings.toArray(String[]::new));
    }

    @AfterAll
    static void stop() {
        SERVICES.values().forEach(RunningService::close);
        SERVICES.clear();
    }

    private static String ids(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> "{\"body\": \"" + i + "\", \"id\": \"m" + i + "\"}")
                .collect(Collectors.joining(","));
    }

    private static String bodies(int number) {
        return IntStream.range(0, number).mapToObj(i -> "{\"body\": \"" + i + "\"}").collect(Collectors.joining(","));
    }

    /** Number of rows of a table in the database of that URL. On H2 the service must be stopped before. */
    private static long rows(String url, String table) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                ResultSet row = connection.createStatement().executeQuery("select count(*) from " + table)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void execute(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            connection.createStatement().execute(sql);
        }
    }

    @Test
    void messages_are_spread_and_come_from_everywhere() throws Exception {
        List<String> own = fresh(database, 3);
        try (RunningService spread = started(own)) {
            QueueClient queue = spread.http().queue();
            queue.sendBatch(bodies(300)).expect(200);
            queue.sendBatch(ids(0, 300)).expect(200);
            assertThat(queue.stats().path("ready").asLong()).isEqualTo(600);
        }
        for (String url : own) {
            assertThat(rows(url, "message")).as(url).isBetween(150L, 250L);
        }
        try (RunningService again = started(own)) {
            QueueClient queue = new QueueClient(
                    again.http(), again.http().get("/v1/queues").json().path("items").path(0).path("name").asString());
            Set<String> ids = new HashSet<>();
            List<JsonNode> messages;
            do {
                messages = queue.receive(64);
                messages.forEach(message -> assertThat(ids.add(message.path("id").asString())).isTrue());
                if (!messages.isEmpty()) {
                    String[] receipts = messages.stream()
                            .map(message -> message.path("receipt").asString())
                            .toArray(String[]::new);
                    queue.settleReceipts("ack", "", receipts)
                            .forEach(result ->
                                    assertThat(result.path("status").asString()).isEqualTo("acked"));
                }
            } while (!messages.isEmpty());
            assertThat(ids).hasSize(600);
            assertThat(queue.stats().path("acked").asLong()).isEqualTo(600);
            assertThat(queue.stats().path("ready").asLong()).isZero();
        }
    }

    /** H2 calls this before each update of counters. */
    public static final class SlowCounters implements Trigger {

        @Override
        public void fire(Connection connection, Object[] before, Object[] after) throws SQLException {
            try {
                Thread.sleep(SLOW);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw new SQLException(stop);
            }
        }
    }

    /** From now on every update of counters is delayed by {@link #SLOW}; each claim makes one. */
    private void slowDown(String url) throws SQLException {
        if (database == TestDatabase.H2) {
            execute(
                    url,
                    "create trigger slow before update on queue_counter for each statement call '"
                            + SlowCounters.class.getName() + "'");
        } else {
            execute(url, "create function wait() returns trigger language plpgsql as "
                    + "'begin perform pg_sleep(" + SLOW.toMillis() / 1000.0 + "); return null; end'");
            execute(
                    url,
                    "create trigger slow before update on queue_counter for each statement execute function wait()");
        }
    }

    @Test
    void a_receive_claims_from_all_partitions_side_by_side() throws Exception {
        List<String> slow = fresh(database, 3);
        try (RunningService filled = started(slow)) {
            filled.http().put("/v1/queues/slow", "{}").expect(201);
            new QueueClient(filled.http(), "slow").sendBatch(ids(0, 60)).expect(200);
        }
        for (String url : slow) {
            slowDown(url);
        }
        try (RunningService spread = started(slow)) {
            QueueClient queue = new QueueClient(spread.http(), "slow");
            long begin = System.nanoTime();
            // 45 are more than two of the partitions hold
            assertThat(queue.receive(45)).hasSize(45);
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(SLOW, SLOW.multipliedBy(3).minusMillis(100));
        }
    }

    @Test
    void of_two_partitions_each_gets_half_also_of_single_messages_and_a_queue_is_made_in_both() throws Exception {
        List<String> two = fresh(database, 2);
        try (RunningService both = started(two, "rowmq.queue.auto-create=true")) {
            QueueClient queue = new QueueClient(both.http(), "made-by-the-first-send");
            for (int i = 0; i < 20; i++) {
                queue.sendText("x");
            }
            assertThat(queue.stats().path("ready").asInt()).isEqualTo(20);
            QueueClient bounded = both.http().queue("{\"maxMessages\": 5}");
            for (int i = 0; i < 5; i++) {
                bounded.sendText("x");
            }
            bounded.send("{\"body\": \"x\"}").expect(429);
            both.http().delete(bounded.path() + "/messages").expect(202);
        }
        assertThat(rows(two.get(0), "message")).isEqualTo(10);
        assertThat(rows(two.get(1), "message")).isEqualTo(10);
    }

    @Test
    void a_list_of_one_is_as_good_as_none() {
        try (RunningService one = started(fresh(database, 1))) {
            QueueClient queue = one.http().queue();
            queue.sendText("x");
            queue.ack(queue.receiveOne());
            assertThat(one.http().get("/actuator/health/readiness").status()).isEqualTo(200);
        }
    }

    @Test
    void an_id_is_known_wherever_its_message_is() {
        QueueClient queue = http.queue();
        queue.sendBatch(ids(0, 30)).expect(200);
        Http.list(queue.sendBatch(ids(0, 30)).expect(200).json().path("results"))
                .forEach(result -> assertThat(result.path("status").asString()).isEqualTo("duplicate"));
        queue.send("{\"body\": \"other\", \"id\": \"m7\"}").expect(422);
        assertThat(queue.stats().path("duplicates").asLong()).isEqualTo(30);
        String generated = queue.sendText("plain");
        for (String id : List.of("m1", "m2", "m3", generated)) {
            assertThat(http.get(queue.path() + "/messages/" + id)
                            .expect(200)
                            .json()
                            .path("state")
                            .asString())
                    .isEqualTo("ready");
        }
        http.get(queue.path() + "/messages/none").expect(404);
        queue.receive(100).forEach(queue::ack);
        http.get(queue.path() + "/processed/m1").expect(200);
        http.get(queue.path() + "/processed/m2").expect(200);
    }

    @Test
    void waiting_receivers_get_what_comes_to_any_partition() throws Exception {
        QueueClient queue = http.queue();
        for (int i = 0; i < 6; i++) {
            CompletableFuture<JsonNode> waiting =
                    CompletableFuture.supplyAsync(queue::receiveOne, task -> Thread.ofVirtual().start(task));
            Thread.sleep(30);
            long sent = System.nanoTime();
            queue.sendText("x");
            queue.ack(waiting.join());
            assertThat(Duration.ofNanos(System.nanoTime() - sent)).isLessThan(Duration.ofSeconds(1));
        }
    }

    @Test
    void each_partition_has_its_turn_also_for_a_consumer_of_as_many_queues() {
        List<QueueClient> queues = List.of(http.queue(), http.queue(), http.queue());
        queues.forEach(queue -> queue.sendBatch(bodies(150)).expect(200));
        int[][] from = new int[3][3];
        for (int i = 0; i < 30; i++) {
            for (int n = 0; n < 3; n++) {
                String id = queues.get(n).receive(1).getFirst().path("id").asString();
                from[n][
                        (int) (Long.parseLong(id.substring(24), 16) >>> 48
                                | Long.parseLong(id.substring(19, 23), 16) & 0x3fff)]++;
            }
        }
        assertThat(from)
                .as("of each queue a third from each partition")
                .isDeepEqualTo(new int[][] {{10, 10, 10}, {10, 10, 10}, {10, 10, 10}});
    }

    @Test
    void peeks_and_lists_page_over_all_partitions() {
        QueueClient queue = http.queue("{\"maxDeliveries\": 1}");
        queue.sendBatch(bodies(50)).expect(200);
        assertThat(pages(queue, "/messages?state=ready")).hasSize(50).doesNotHaveDuplicates();
        queue.receive(50).forEach(queue::nack);
        assertThat(pages(queue, "/dead-letters?")).hasSize(50).doesNotHaveDuplicates();
        String some = pages(queue, "/dead-letters?").get(33);
        http.get(queue.path() + "/dead-letters/" + some).expect(200);
        http.post(queue.path() + "/dead-letters/redrive", "{\"ids\": [\"" + some + "\"]}").expect(200);
        assertThat(queue.receiveOne().path("id").asString()).isEqualTo(some);
        String other = pages(queue, "/dead-letters?").get(11);
        http.delete(queue.path() + "/dead-letters/" + other).expect(204);
        http.delete(queue.path() + "/dead-letters/" + other).expect(404);
        assertThat(http.post(queue.path() + "/dead-letters/redrive", "{\"all\": true}")
                        .expect(202)
                        .json()
                        .path("messages")
                        .asInt())
                .isEqualTo(48);
        assertThat(queue.stats().path("ready").asInt()).isEqualTo(48);
        assertThat(http.delete(queue.path() + "/messages").expect(202).json().path("messages").asInt()).isEqualTo(49);
        assertThat(queue.stats().path("ready").asInt()).isZero();
    }

    private static List<String> pages(QueueClient queue, String path) {
        List<String> ids = new ArrayList<>();
        Optional<String> cursor = Optional.empty();
        do {
            JsonNode page = queue.http()
                    .get(queue.path() + path + "&limit=7" + cursor.map(text -> "&cursor=" + text).orElse(""))
                    .expect(200)
                    .json();
            assertThat(page.path("items").size()).isBetween(1, 7);
            page.path("items").forEach(item -> ids.add(item.path("id").asString()));
            cursor = Optional.ofNullable(page.path("nextCursor").asString(null));
        } while (cursor.isPresent());
        return ids;
    }

    @Test
    void jobs_run_in_every_partition() {
        QueueClient queue = http.queue("{\"maxDeliveries\": 1, \"visibilityTimeout\": \"300ms\"}");
        queue.sendBatch(bodies(9)).expect(200);
        assertThat(queue.receive(9)).hasSize(9);
        Eventually.within(SOON, "leases ended everywhere", () -> queue.deadLetters().size() == 9);
        QueueClient delayed = http.queue();
        delayed.sendBatch(IntStream.range(0, 9)
                        .mapToObj(i -> "{\"body\": \"x\", \"delay\": \"1500ms\"}")
                        .collect(Collectors.joining(",")))
                .expect(200);
        assertThat(delayed.stats().path("delayed").asInt()).isEqualTo(9);
        Eventually.within(SOON, "due everywhere", () -> delayed.stats().path("ready").asInt() == 9);
    }

    @Test
    void a_limit_is_shared_and_never_passed() {
        QueueClient queue = http.queue("{\"maxMessages\": 30}");
        List<String> codes = Http.list(queue.sendBatch(bodies(40)).expect(200).json().path("results")).stream()
                .map(result -> result.path("code").asString("stored"))
                .toList();
        assertThat(codes).filteredOn("stored"::equals).hasSize(30);
        assertThat(codes).filteredOn("QUEUE_FULL"::equals).hasSize(10);
    }

    @Test
    void settings_reach_every_partition_and_a_deleted_queue_takes_nothing_anywhere() throws Exception {
        List<String> own = fresh(database, 3);
        try (RunningService spread = started(own)) {
            QueueClient queue = spread.http().queue("{\"maxDeliveries\": 7}");
            spread.http().put(queue.path(), "{\"maxDeliveries\": 8}").expect(200);
            queue.sendBatch(bodies(9)).expect(200);
            spread.http().delete(queue.path()).expect(204);
            spread.http().put(queue.path(), "{\"maxDeliveries\": 9}").expect(201);
            assertThat(queue.receive(9)).isEmpty();
            assertThat(Http.list(queue.sendBatch(bodies(9)).expect(200).json().path("results")))
                    .allMatch(result -> result.path("status").asString().equals("accepted"));
            assertThat(queue.receive(9)).hasSize(9);
        }
        for (String url : own) {
            assertThat(rows(url, "queue where max_deliveries = 8 and deleted_at is not null")).as(url).isEqualTo(1);
            assertThat(rows(url, "queue where max_deliveries = 9 and deleted_at is null")).as(url).isEqualTo(1);
        }
    }

    @Test
    void a_topic_stores_all_copies_by_one_transaction_of_one_partition() {
        QueueClient one = http.queue();
        QueueClient other = http.queue();
        String topic = "/v1/topics/" + one.name();
        http.put(topic, "{\"bindings\": [{\"queue\": \"" + one.name() + "\"}, {\"queue\": \"" + other.name() + "\"}]}")
                .expect(201);
        for (int i = 0; i < 4; i++) {
            List<String> ids = Http.list(http.post(topic + "/messages", "{\"body\": \"x\"}")
                            .expect(200)
                            .json()
                            .path("results"))
                    .stream()
                    .map(result -> result.path("id").asString())
                    .toList();
            assertThat(ids.get(0).substring(19, 24))
                    .as("the partition in the id")
                    .isEqualTo(ids.get(1).substring(19, 24));
        }
        assertThat(one.receive(9)).hasSize(4);
        assertThat(other.receive(9)).hasSize(4);
        http.delete(topic).expect(204);
    }

    @Test
    void a_partition_is_added_at_the_end_and_ids_sent_before_stay_known() throws Exception {
        List<String> two = fresh(database, 2);
        String name;
        // at first the first database is the only database of a service
        try (RunningService before = new RunningService(two.getFirst())) {
            QueueClient queue = before.http().queue();
            name = queue.name();
            queue.sendBatch(ids(0, 100)).expect(200);
        }
        // the state that a version without partitions leaves
        execute(two.getFirst(), "delete from partition_count");
        execute(two.getFirst(), "delete from partition_home");
        try (RunningService grown = started(two)) {
            QueueClient queue = new QueueClient(grown.http(), name);
            assertThat(queue.stats().path("ready").asInt()).isEqualTo(100);
            Http.list(queue.sendBatch(ids(0, 200)).expect(200).json().path("results"))
                    .forEach(result -> assertThat(result.path("status").asString())
                            .isEqualTo(result.path("index").asInt() < 100 ? "duplicate" : "accepted"));
            Eventually.within(SOON, "duplicates counted", () -> queue.stats().path("duplicates").asInt() == 100);
            queue.send("{\"body\": \"other\", \"id\": \"m7\"}").expect(422);
            for (int i = 0; i < 10; i++) {
                grown.http().get(queue.path() + "/messages/m" + i).expect(200);
            }
            Set<String> received = queue.receive(500).stream()
                    .map(message -> message.path("id").asString())
                    .collect(Collectors.toSet());
            assertThat(received).hasSize(200);
        }
        assertThat(rows(two.get(1), "message")).as("new ids go to both").isBetween(30L, 70L);
        List<String> turned = List.of(two.get(1), two.get(0));
        assertThatThrownBy(() -> started(turned)).hasStackTraceContaining("is partition 1");
        assertThatThrownBy(() -> started(List.of(two.get(0)))).hasStackTraceContaining("a partition cannot be removed");
        assertThatThrownBy(() -> new RunningService(two.get(0)))
                .hasStackTraceContaining("a partition cannot be removed");
        String used = database.freshUrl();
        try (RunningService alone = new RunningService(used)) {
            alone.http().queue();
        }
        List<String> withUsed = List.of(two.get(0), two.get(1), used);
        assertThatThrownBy(() -> started(withUsed)).hasStackTraceContaining("rowmq.partitions[2]");
        List<String> withNone = List.of(two.get(0), two.get(1), "jdbc:postgresql://127.0.0.1:1/none");
        assertThatThrownBy(() -> started(withNone)).hasStackTraceContaining("rowmq.partitions[2]");
        // the refused starts left no changes
        started(two).close();
    }

    @Test
    void health_and_metrics_show_each_partition() {
        JsonNode db = http.get("/actuator/health").expect(200).json().path("components").path("db");
        assertThat(db.path("status").asString()).isEqualTo("UP");
        assertThat(db.path("components").path("2").path("status").asString()).isEqualTo("UP");
        assertThat(http.get("/actuator/prometheus").text()).contains("rowmq_partition_up{partition=\"2\"} 1.0");
    }

    @Test
    void where_an_id_goes_is_decided_by_its_hash() {
        Partitioner partitioner = new Partitioner.Fnv();
        assertThat(partitioner.partition("foobar", 3))
                .as("bf9cf968 as unsigned, modulo 3")
                .isEqualTo((int) (0xbf9cf968L % 3));
        QueueClient queue = http.queue();
        for (int i = 0; i < 9; i++) {
            queue.send("{\"body\": \"x\", \"id\": \"m" + i + "\"}").expect(201);
        }
        for (JsonNode message : queue.receive(9)) {
            byte[] receipt = java.util.Base64.getUrlDecoder().decode(message.path("receipt").asString());
            long position = java.nio.ByteBuffer.wrap(receipt, 6, 8).getLong();
            assertThat((int) (position >>> 48)).isEqualTo(partitioner.partition(message.path("id").asString(), 3));
        }
    }
}
