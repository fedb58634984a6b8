package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.crash.TeamProcess.Defect;
import dev.rowmq.crash.TeamProcess.Role;
import dev.rowmq.support.Eventually;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.ServiceProcess;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import tools.jackson.databind.JsonNode;

/**
 * Messages that are sent and acked in the transactions of a team have their effect exactly once, although the service,
 * producers and consumers are killed with -9 in turn, and PostgreSQL twice.
 */
@Tag("long")
class EffectsOnceIT {

    /** With a fifth rolled back, 50,000 are sent. */
    private static final int TOTAL = 62_500;

    private static final int FEW = 2_000;

    @TempDir
    Path folder;

    /** Everything of one run: database, service, producers and consumers. */
    private final class Team implements AutoCloseable {

        final Postgres postgres = new Postgres();
        final String url = postgres.create("team");
        final ServiceProcess service;
        final QueueClient queue;
        final List<TeamProcess> producers = new ArrayList<>();
        final List<TeamProcess> consumers = new ArrayList<>();

        Team(Defect defect, int total) {
            postgres.runIn(url, TeamProcess.TABLES);
            service = new ServiceProcess(folder, "spring.datasource.url=" + url, "logging.level.root=warn").start();
            queue = service.http().queue("{\"maxDeliveries\": 0}");
            for (Role role : Role.values()) {
                for (int i = 0; i < 2; i++) {
                    (role == Role.PRODUCER ? producers : consumers).add(new TeamProcess(
                                    folder.resolve(role + "-" + i + ".log"),
                                    role,
                                    defect,
                                    url,
                                    service.http().base(),
                                    queue.name(),
                                    total)
                            .start());
                }
            }
        }

        void awaitEnd() {
            Eventually.within(Duration.ofMinutes(3), "all are sent", () ->
                    producers.stream().allMatch(TeamProcess::done));
            Eventually.within(Duration.ofMinutes(3), "the queue is empty", () -> {
                JsonNode stats = queue.stats();
                return stats.path("ready").asLong() + stats.path("inFlight").asLong()
                        + stats.path("delayed").asLong() == 0;
            });
            // a consumer may still be in its last transaction, which acks nothing that is in the queue
            consumers.forEach(TeamProcess::kill);
        }

        long count(String sql) {
            return Long.parseLong(postgres.queryIn(url, "select count(*) from " + sql));
        }

        /** The numbers of messages without an effect, with several, and of effects without a message. */
        List<Long> violations() {
            return List.of(
                    count("team.sent s where not exists (select from team.effect e where e.n = s.n)"),
                    count("(select n from team.effect group by n having count(*) > 1) several"),
                    count("team.effect e where not exists (select from team.sent s where s.n = e.n)"));
        }

        @Override
        public void close() {
            producers.forEach(TeamProcess::close);
            consumers.forEach(TeamProcess::close);
            service.close();
            postgres.close();
        }
    }

    @Test
    void each_committed_send_has_exactly_one_effect_and_no_other_has_any() throws Exception {
        try (Team team = new Team(Defect.NONE, TOTAL)) {
            int kills = 0;
            for (; !team.producers.stream().allMatch(TeamProcess::done); kills++) {
                Thread.sleep(700);
                switch (kills % 6) {
                    case 0 -> {
                        team.service.kill();
                        team.service.start();
                    }
                    case 1, 4 -> restart(team.consumers.get(kills / 3 % 2));
                    case 2, 5 -> restart(team.producers.get(kills / 3 % 2));
                    default -> {
                        if (kills == 3 || kills == 9) {
                            team.postgres.kill();
                            team.postgres.start();
                        }
                    }
                }
            }
            team.awaitEnd();
            long sent = team.count("team.sent");
            System.out.printf("effects once: %d messages, %d kills%n", sent, kills);
            assertThat(kills).as("kills, or the run proves nothing").isGreaterThan(10);
            assertThat(sent).isGreaterThan(TOTAL * 7 / 10).isLessThan(TOTAL * 9 / 10);
            assertThat(team.violations()).as("without an effect, with several, without a message")
                    .containsExactly(0L, 0L, 0L);
            assertThat(KillCyclesIT.counted(team.url)).isEqualTo(KillCyclesIT.fullCount(team.url));
            assertThat(team.queue.stats().path("acked").asLong()).isEqualTo(sent);
        }
    }

    private static void restart(TeamProcess process) {
        process.kill();
        process.start();
    }

    @ParameterizedTest
    @EnumSource(value = Defect.class, names = {"SEND_OUTSIDE", "ACK_OUTSIDE"})
    void the_check_finds_a_send_or_an_ack_outside_of_the_transaction(Defect defect) {
        try (Team team = new Team(defect, FEW)) {
            team.awaitEnd();
            assertThat(team.violations()).as(defect.name()).isNotEqualTo(List.of(0L, 0L, 0L));
        }
    }
}
