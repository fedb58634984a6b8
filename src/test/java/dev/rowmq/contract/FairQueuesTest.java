package dev.rowmq.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Eventually;
import dev.rowmq.support.Http;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.TestDatabase;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

/** A message group of a standard queue does not hold up the others. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
class FairQueuesTest {

    private final Http http;

    FairQueuesTest(TestDatabase database) {
        this.http = database.service().http();
    }

    private QueueClient queue() {
        return http.queue("{\"visibilityTimeout\": \"5m\", \"retry\": {\"initial\": \"0s\"}}");
    }

    private static void backlog(QueueClient queue, String group, int messages) {
        for (int sent = 0; sent < messages; sent += 1000) {
            queue.sendBatch(IntStream.range(sent, Math.min(messages, sent + 1000))
                            .mapToObj(i -> group.isEmpty()
                                    ? "{\"body\": \"%d\"}".formatted(i)
                                    : "{\"body\": \"%1$s%2$d\", \"group\": \"%1$s\"}".formatted(group, i))
                            .collect(Collectors.joining(",")))
                    .expect(200);
        }
    }

    private static void send(QueueClient queue, String group, String text) {
        queue.send("{\"body\": \"%s\", \"group\": \"%s\"}".formatted(text, group)).expect(201);
    }

    private static List<String> bodies(List<JsonNode> messages) {
        return messages.stream().map(QueueClient::body).toList();
    }

    /** Receives until a message comes, of which each second one may follow the order. Returns what came. */
    private static List<String> within(int receives, QueueClient queue, int max, String wanted) {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < receives && !seen.contains(wanted); i++) {
            seen.addAll(bodies(queue.receive(max)));
        }
        assertThat(seen).contains(wanted);
        return seen;
    }

    /** Within a second the groups are judged anew. */
    private static void judged() throws InterruptedException {
        Thread.sleep(1100);
    }

    @Test
    void quiet_groups_and_messages_without_a_group_come_before_a_noisy_one() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 200);
        assertThat(queue.receive(40)).hasSize(40);
        send(queue, "quiet", "q1");
        queue.sendText("alone");
        send(queue, "other", "o1");
        send(queue, "noisy", "last");
        judged();
        assertThat(bodies(queue.receive(5))).containsExactly("q1", "alone", "o1", "noisy40", "noisy41");
        send(queue, "quiet", "q2");
        assertThat(within(3, queue, 2, "q2")).hasSizeLessThan(7);
    }

    /** Workers with long jobs receive less than once a second. */
    @Test
    void slow_receivers_get_the_quiet_messages_too() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 1000);
        queue.receive(40);
        queue.receive(1);
        for (int i = 0; i < 5; i++) {
            send(queue, "quiet", "q" + i);
        }
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread.sleep(1300);
            seen.addAll(bodies(queue.receive(1)));
        }
        assertThat(seen).contains("q0", "q1", "q2", "q3", "q4");
    }

    @Test
    void a_noisy_group_gets_its_turn_while_quiet_messages_keep_coming() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 300);
        queue.receive(40);
        backlog(queue, "quiet", 200);
        judged();
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            JsonNode message = queue.receive(1).getFirst();
            seen.add(QueueClient.body(message));
            queue.ack(message);
            Thread.sleep(150);
        }
        assertThat(seen).anyMatch(body -> body.startsWith("noisy")).filteredOn(body -> body.startsWith("quiet"))
                .hasSizeGreaterThan(15);
    }

    @Test
    @Tag("long")
    void a_noisy_group_is_seen_between_many_other_messages() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "", 6000);
        backlog(queue, "noisy", 13_000);
        for (int i = 0; i < 7; i++) {
            assertThat(queue.receive(1000)).hasSize(1000);
        }
        backlog(queue, "quiet", 60);
        judged();
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            seen.addAll(bodies(queue.receive(1)));
            Thread.sleep(200);
        }
        assertThat(seen).filteredOn(body -> body.startsWith("quiet")).hasSizeGreaterThan(20);
    }

    /** Messages that come back again and again do not keep new ones from being found. */
    @Test
    @Tag("long")
    void new_quiet_messages_are_found_while_noisy_ones_come_back() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 60_000);
        queue.receive(50);
        judged();
        send(queue, "quiet", "first");
        within(40, queue, 1, "first");
        for (int round = 0; round < 10; round++) {
            send(queue, "quiet", "q" + round);
            boolean found = false;
            for (int receive = 0; receive < 8 && !found; receive++) {
                Thread.sleep(300);
                JsonNode message = queue.receive(1).getFirst();
                found = QueueClient.body(message).equals("q" + round);
                if (found) {
                    queue.ack(message);
                } else {
                    queue.nack(message);
                }
            }
            assertThat(found).as("round " + round).isTrue();
        }
    }

    @Test
    void below_thirty_in_flight_no_group_is_noisy() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "a", 100);
        queue.receive(28);
        send(queue, "quiet", "q1");
        judged();
        assertThat(bodies(queue.receive(1))).containsExactly("a28");
    }

    @Test
    void a_group_with_a_tenth_of_the_messages_in_flight_is_not_noisy() throws Exception {
        QueueClient queue = queue();
        for (int group = 0; group < 11; group++) {
            backlog(queue, "g" + group + "-", 35);
        }
        for (int i = 0; i < 4; i++) {
            queue.receive(95);
        }
        judged();
        send(queue, "quiet", "q1");
        assertThat(bodies(queue.receive(1))).containsExactly("g10-30");
    }

    @Test
    void a_message_behind_a_long_backlog_comes_within_seconds() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 12_000);
        queue.receive(50);
        send(queue, "quiet", "q1");
        judged();
        within(8, queue, 1, "q1");
        JsonNode back = queue.receive(1).getFirst();
        assertThat(QueueClient.body(back)).startsWith("noisy");
    }

    @Test
    void a_quiet_message_that_is_given_back_comes_before_the_noisy_ones_again() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 300);
        queue.receive(40);
        send(queue, "quiet", "q1");
        judged();
        JsonNode quiet = queue.receive(1).getFirst();
        assertThat(QueueClient.body(quiet)).isEqualTo("q1");
        queue.nack(quiet);
        Eventually.within(Duration.ofSeconds(10), "q1 again", () -> bodies(queue.receive(1)).contains("q1"));
        assertThat(queue.stats().path("inFlight").asInt()).isLessThan(200);
    }

    @Test
    void a_group_whose_messages_were_settled_is_in_turn_again() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 100);
        List<JsonNode> taken = queue.receive(40);
        send(queue, "quiet", "q1");
        judged();
        assertThat(bodies(queue.receive(2))).containsExactly("q1", "noisy40");
        taken.forEach(queue::ack);
        send(queue, "quiet", "q2");
        judged();
        assertThat(bodies(queue.receive(1))).containsExactly("noisy41");
    }

    @Test
    void every_message_comes_once_and_the_figures_are_exact() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 400);
        List<String> seen = new ArrayList<>(bodies(queue.receive(50)));
        for (int i = 0; i < 50; i++) {
            send(queue, "quiet" + i % 7, "q" + i);
        }
        judged();
        List<String> next = bodies(queue.receive(50));
        assertThat(next).allMatch(body -> body.startsWith("q"));
        seen.addAll(next);
        for (List<JsonNode> some = queue.receive(30); !some.isEmpty(); some = queue.receive(30)) {
            seen.addAll(bodies(some));
        }
        assertThat(seen).hasSize(450).doesNotHaveDuplicates();
        Eventually.within(Duration.ofSeconds(5), "all in flight", () -> {
            JsonNode stats = queue.stats();
            return stats.path("ready").asInt() == 0 && stats.path("inFlight").asInt() == 450;
        });
    }

    @Test
    void a_lease_of_a_message_before_its_turn_ends_like_any_other() throws Exception {
        QueueClient queue = http.queue(
                "{\"maxDeliveries\": 1, \"visibilityTimeout\": \"5m\", \"retry\": {\"initial\": \"0s\"}}");
        backlog(queue, "noisy", 60);
        queue.receive(40);
        send(queue, "quiet", "q1");
        judged();
        assertThat(bodies(queue.receive("{\"visibilityTimeout\": \"1s\"}"))).containsExactly("q1");
        Eventually.within(
                Duration.ofSeconds(15), "a dead letter", () -> queue.deadLetters().size() == 1);
        assertThat(queue.stats().path("inFlight").asInt()).isEqualTo(40);
    }

    @Test
    void a_group_that_becomes_noisy_behind_another_is_found_too() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "a", 6000);
        queue.receive(40);
        backlog(queue, "b", 300);
        judged();
        List<String> taken = new ArrayList<>();
        for (int i = 0; i < 10 && taken.stream().filter(body -> body.startsWith("b")).count() < 60; i++) {
            taken.addAll(bodies(queue.receive(40)));
        }
        assertThat(taken).filteredOn(body -> body.startsWith("b")).hasSizeGreaterThanOrEqualTo(60);
        send(queue, "c", "c1");
        judged();
        within(8, queue, 1, "c1");
    }

    @Test
    void a_message_that_came_back_does_not_wait_for_all_quiet_ones() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 50);
        queue.receive(40);
        for (int i = 0; i < 5; i++) {
            backlog(queue, "g" + i + "-", 200);
        }
        judged();
        JsonNode first = queue.receive(1).getFirst();
        assertThat(QueueClient.body(first)).isEqualTo("g0-0");
        queue.nack(first);
        List<String> seen = new ArrayList<>();
        Eventually.within(Duration.ofSeconds(10), "g0-0 again", () -> {
            seen.addAll(bodies(queue.receive(5)));
            return seen.contains("g0-0");
        });
        assertThat(seen.size()).as("messages that came first").isLessThan(900);
    }

    /** Receives that quiet messages fill find it too. */
    @Test
    void a_quiet_message_that_came_back_does_not_wait_for_a_backlog_of_quiet_ones() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 60);
        assertThat(queue.receive(60)).hasSize(60);
        queue.sendText("x");
        for (int sent = 0; sent < 6000; sent += 1000) {
            queue.sendBatch("{\"body\": \"quiet\"},".repeat(999) + "{\"body\": \"quiet\"}").expect(200);
        }
        JsonNode x = queue.receiveOne();
        assertThat(QueueClient.body(x)).isEqualTo("x");
        judged();
        queue.receive(3);
        for (int round = 0; round < 3; round++) {
            queue.nack(x);
            List<JsonNode> again = new ArrayList<>();
            Eventually.within(Duration.ofSeconds(5), "x again", () -> {
                List<JsonNode> messages = queue.receive(3);
                messages.forEach(message -> {
                    if (QueueClient.body(message).equals("x")) {
                        again.add(message);
                    } else {
                        queue.ack(message);
                    }
                });
                return !again.isEmpty();
            });
            x = again.getFirst();
        }
    }

    /** While all else is in flight, nothing comes before it. */
    @Test
    void a_message_of_a_noisy_group_that_came_back_is_received_at_once() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 200);
        List<JsonNode> leased = queue.receive(200);
        judged();
        List<Duration> times = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            queue.nack(leased.get(i));
            long begin = System.nanoTime();
            queue.receiveOne();
            times.add(Duration.ofNanos(System.nanoTime() - begin));
        }
        times.sort(null);
        assertThat(times.get(times.size() / 2)).isLessThan(Duration.ofMillis(500));
    }

    /** Messages that come back all the time do not let the scan for quiet ones begin anew all the time. */
    @Test
    void a_quiet_message_is_reached_behind_a_backlog_whose_messages_come_back() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 12_000);
        List<JsonNode> leased = new ArrayList<>(queue.receive(60));
        send(queue, "quiet", "q1");
        judged();
        List<String> seen = new ArrayList<>();
        Eventually.within(Duration.ofSeconds(15), "the quiet message", () -> {
            queue.nack(leased.removeFirst());
            queue.receive(2).forEach(message -> {
                seen.add(QueueClient.body(message));
                leased.add(message);
            });
            return seen.contains("q1");
        });
        assertThat(seen.size()).as("messages that came before").isLessThan(2_000);
    }

    /** It lies behind ready messages of the noisy group, and before a backlog of quiet ones. */
    @Test
    void a_quiet_message_that_came_back_between_two_backlogs_is_soon_received() throws Exception {
        QueueClient queue = queue();
        backlog(queue, "noisy", 6_000);
        queue.receive(60);
        send(queue, "quiet", "q1");
        backlog(queue, "other", 3_000);
        judged();
        JsonNode first = null;
        for (int i = 0; first == null && i < 50; i++) {
            first = queue.receive(1).stream()
                    .filter(message -> QueueClient.body(message).equals("q1")).findFirst().orElse(null);
        }
        queue.nack(first);
        Eventually.within(Duration.ofSeconds(8), "q1 again", () -> {
            JsonNode message = queue.receiveOne();
            queue.ack(message);
            Thread.sleep(10);
            return QueueClient.body(message).equals("q1");
        });
    }
}
