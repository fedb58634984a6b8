package dev.rowmq.store.postgres.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rowmq.queue.maintenance.ClusterUpkeep;
import dev.rowmq.support.Postgres;
import dev.rowmq.support.QueueClient;
import dev.rowmq.support.RunningService;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The service in the database of a team: everything of its own is in its schema, and nothing else changes. */
@ExtendWith(OutputCaptureExtension.class)
class PostgresSchemaTest {

    /** Tables of a team with the names of ours, and its own migration history. */
    private static final String TEAM = """
        create table public.message (id int primary key, text text);
        create table public.queue (id int primary key);
        create table public.topic (id int primary key);
        create table public.subscription (id int primary key);
        create table public.processed_id (id int primary key);
        create table public.dead_letter (id int primary key);
        create table public.shedlock (name text primary key);
        create sequence public.message_position;
        create table public.flyway_schema_history (installed_rank int primary key, script varchar(1000));
        insert into public.message values (1, 'of the team');
        insert into public.flyway_schema_history values (1, 'V001__invoice.sql');
        """;

    /** All relations, columns and functions outside the schema, with the rows of the team's tables. */
    private static final String OUTSIDE = """
        select string_agg(line, E'\\n' order by line)
        from (
            select format('%s.%s %s %s %s', n.nspname, c.relname, c.relkind, a.attname, a.atttypid) as line
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            left join pg_attribute a on a.attrelid = c.oid
            where n.nspname not in ('rowmq', 'pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
            union all
            select format('%s.%s()', n.nspname, p.proname)
            from pg_proc p
            join pg_namespace n on n.oid = p.pronamespace
            where n.nspname not in ('rowmq', 'pg_catalog', 'information_schema')
            union all
            select format('schema %s', nspname) from pg_namespace
            where nspname not like 'pg_t%' and nspname <> 'rowmq'
            union all
            select m::text from public.message m
            union all
            select h::text from public.flyway_schema_history h
        ) lines
        """;

    private static final Postgres SERVER = Postgres.shared();

    /** A database without the search path that other tests give to theirs. */
    private static String url(String name) {
        SERVER.run("create database " + name);
        return "jdbc:postgresql://127.0.0.1:" + SERVER.port() + "/" + name + "?user=postgres";
    }

    private static String as(String role, String url) {
        return url.replace("user=postgres", "user=" + role);
    }

    private static void useAll(RunningService service) {
        QueueClient queue = service.http().queue();
        queue.sendBatch("{\"body\": \"a\", \"id\": \"x\"}, {\"body\": \"b\", \"delay\": \"1h\"}, {\"body\": \"c\"}")
                .expect(200);
        assertThat(queue.receive(10)).hasSize(2).allSatisfy(message ->
                assertThat(queue.ack(message)).isEqualTo("acked"));
        queue.sendText("d");
        assertThat(queue.nack(queue.receiveOne())).isEqualTo("nacked");
    }

    @Test
    void tables_of_a_team_with_the_same_names_and_its_history_stay_as_they_are() {
        String url = url("team_tables");
        SERVER.runIn(url, TEAM);
        String before = SERVER.queryIn(url, OUTSIDE);
        for (int start = 0; start < 2; start++) {
            try (RunningService service = new RunningService(url)) {
                useAll(service);
                service.http().get("/v1/queues").expect(200);
            }
        }
        assertThat(SERVER.queryIn(url, OUTSIDE)).isEqualTo(before);
        assertThat(SERVER.queryIn(url, "select count(*) from rowmq.message")).isEqualTo("2");
    }

    @Test
    void search_paths_of_role_database_and_url_do_not_matter() {
        String url = url("team_path");
        SERVER.runIn(url, "create schema attic create table message (id int)");
        SERVER.run("alter database team_path set search_path = attic");
        try (RunningService service = new RunningService(url + "&currentSchema=attic")) {
            useAll(service);
        }
        assertThat(SERVER.queryIn(url, "select count(*) from pg_class c where relnamespace = 'attic'::regnamespace"))
                .isEqualTo("1");
    }

    @Test
    void a_long_transaction_of_the_team_is_seen() throws Exception {
        String url = url("team_transaction");
        try (RunningService service = new RunningService(url);
                Connection team = DriverManager.getConnection(url)) {
            ClusterUpkeep upkeep = service.bean(ClusterUpkeep.class);
            assertThat(upkeep.oldestTransaction()).isEmpty();
            team.setAutoCommit(false);
            team.createStatement().execute("select pg_sleep(1.2)");
            assertThat(upkeep.oldestTransaction()).hasValueSatisfying(age -> assertThat(age)
                    .isBetween(Duration.ofMillis(1200), Duration.ofSeconds(30)));
            team.rollback();
            assertThat(upkeep.oldestTransaction()).isEmpty();
            assertThat(service.http().get("/actuator/prometheus").text())
                    .contains("rowmq_database_oldest_transaction_seconds");
        }
    }

    @Test
    void a_schema_with_another_name_and_partitions_in_schemas_of_one_database() {
        String url = url("team_partitions");
        String[] settings = {
            "rowmq.partitions[0].url=" + url,
            "rowmq.partitions[0].schema=mq_0",
            "rowmq.partitions[1].url=" + url,
            "rowmq.partitions[1].schema=mq_1"
        };
        try (RunningService service = new RunningService(url, settings)) {
            QueueClient queue = service.http().queue();
            for (int i = 0; i < 10; i++) {
                queue.sendText("m" + i);
            }
            String receipt = SERVER.queryIn(url, "select receipt from mq_1.receive('" + queue.name() + "', 1, '1 s')");
            assertThatThrownBy(() -> SERVER.queryIn(url, "select mq_0.ack('" + receipt + "')"))
                    .hasMessageContaining("in another database");
            SERVER.queryIn(url, "select mq_1.extend('" + receipt + "', '0')");
            assertThat(SERVER.queryIn(url, "select count(*) from mq_1.receive('" + queue.name() + "', 9, '0')"))
                    .isEqualTo("5");
        }
        assertThat(SERVER.queryIn(url, "select (select count(*) from mq_0.message) || ' '"
                + " || (select count(*) from mq_1.message)")).isEqualTo("5 5");
        assertThatThrownBy(() -> new RunningService(url, "rowmq.store.schema=Mixed Case"))
                .rootCause()
                .hasMessageContaining("rowmq.store.schema is 'Mixed Case'")
                .hasMessageContaining("a-z 0-9 _");
    }

    @Test
    void an_installation_in_public_goes_on_there(CapturedOutput output) {
        String url = url("team_upgrade");
        try (RunningService former = new RunningService(url, "rowmq.store.schema=public")) {
            former.http().put("/v1/queues/old", "{}").expect(201);
            former.http().post("/v1/queues/old/messages", "{\"body\": \"kept\"}").expect(201);
        }
        for (int start = 0; start < 2; start++) {
            try (RunningService service = new RunningService(url, "logging.level.dev.rowmq=info")) {
                service.http().post("/v1/queues/old/messages", "{\"body\": \"new\"}").expect(201);
            }
        }
        assertThat(output).contains("the tables are in the schema public");
        assertThat(SERVER.queryIn(url, "select count(*) from public.message")).isEqualTo("3");
        assertThat(SERVER.queryIn(url, "select count(*) from pg_namespace where nspname = 'rowmq'")).isEqualTo("0");
    }

    /** The script of the documentation, for the roles of this test. */
    private static String grants() {
        try {
            return Files.readString(Path.of("src/main/docs/grants.sql"))
                    .replace("rowmq_owner", "mq_owner")
                    .replace("rowmq_app", "mq_app");
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void the_least_rights_are_enough_and_migrations_run_as_another_role() {
        String url = url("team_rights");
        SERVER.runIn(url, TEAM);
        SERVER.runIn(url, "create role mq_owner login; create role mq_app login;" + grants());
        String[] settings = {"rowmq.store.migration.username=mq_owner"};
        try (RunningService service = new RunningService(as("mq_app", url), settings)) {
            useAll(service);
            service.http().delete("/v1/queues/none").expect(404);
        }
        assertThat(SERVER.queryIn(url, "select string_agg(distinct tableowner, ',') from pg_tables"
                + " where schemaname = 'rowmq'")).isEqualTo("mq_owner");
        assertThatThrownBy(() -> SERVER.runIn(as("mq_app", url), "drop table rowmq.message"))
                .hasMessageContaining("must be owner");
        assertThatThrownBy(() -> SERVER.runIn(as("mq_app", url), "select * from public.message"))
                .hasMessageContaining("permission denied");
    }

    @Test
    void a_role_that_may_not_make_the_schema_uses_one_that_the_owner_made(CapturedOutput output) {
        String url = url("team_owner");
        SERVER.run("create role mq_plain login");
        assertThatThrownBy(() -> new RunningService(as("mq_plain", url))).isNotNull();
        String advice = "create schema rowmq authorization mq_plain";
        assertThat(output).contains(advice);
        SERVER.runIn(url, advice);
        try (RunningService service = new RunningService(as("mq_plain", url))) {
            useAll(service);
        }
    }
}
