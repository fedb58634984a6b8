package dev.rowmq.bench;

import dev.rowmq.support.LoadClient.Measured;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

import org.HdrHistogram.Histogram;

/**
 * Sends by SQL in transactions of their own, over 32 connections: {@code rowmq.send}; the rows that it writes, by one
 * plain statement without a function, and by a function that has nothing but that statement; a plain insert; and a
 * stand-in for pgmq, which is no dependency that a build can
 * fetch. The stand-in has the table, the index and the layers of pgmq 1.5: a function for a delay in seconds calls one
 * for a time, which lets a third check the name, and inserts by a dynamic statement.
 */
final class SqlSends implements AutoCloseable {

    private static final String TABLES = """
        create table if not exists plain (
            id bigint generated always as identity primary key, body bytea not null,
            created_at timestamptz default now());
        create table if not exists standin (
            msg_id bigint generated always as identity primary key, read_ct int default 0 not null,
            enqueued_at timestamptz default now() not null, vt timestamptz not null, message jsonb, headers jsonb);
        create index if not exists standin_vt on standin (vt);
        create or replace function standin_table(queue text) returns text
        language plpgsql as $$
        begin
            if queue ~ '[$;'']|--' then
                raise exception 'not a name: %', queue;
            end if;
            return lower(queue);
        end
        $$;
        create or replace function standin_send_at(queue text, message jsonb, headers jsonb, vt timestamptz)
        returns setof bigint
        language plpgsql as $$
        declare
            target text := standin_table(queue);
        begin
            return query execute format(
                'insert into %I (vt, message, headers) values ($1, $2, $3) returning msg_id', target)
                using vt, message, headers;
        end
        $$;
        create or replace function standin_send(queue text, message jsonb, delay integer) returns setof bigint
        language plpgsql as $$
        begin
            return query select * from standin_send_at(
                queue, message, null, clock_timestamp() + make_interval(secs => delay));
        end
        $$;
        """;

    /**
     * What each send has to do, as one statement: the queue is looked up, the text checked, the message stored and
     * counted, and its id returned. The placeholder stands for the text.
     */
    private static final String ROWS = """
        with request as materialized (
            select q.id, q.retention_ms, nextval('rowmq.message_position') as position, clock_timestamp() as moment,
                convert_to(given.text, 'UTF8') as body
            from rowmq.queue q, (select %s::text as text) given
            where q.name = 'send'
                and given.text collate "C" !~
                    E'[\\\\u0001-\\\\u0008\\\\u000b\\\\u000c\\\\u000e-\\\\u001f\\\\ufffe\\\\uffff]'
        ),
        stored as (
            insert into rowmq.message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries,
                body_kind, body, enqueued_at, expires_at)
            select id, 0, position, moment, 0, 0, 0, 0, body, moment,
                moment + retention_ms * interval '1 millisecond'
            from request
        ),
        counted as (
            insert into rowmq.queue_counter as c (queue_id, writer, updated_at, ready, sent, sent_bytes, send_calls,
                batched)
            select id, rowmq._writer(position), moment, 1, 1, octet_length(body), 1, 1
            from request
            on conflict (queue_id, writer) do update
            set updated_at = excluded.updated_at,
                ready = c.ready + 1,
                sent = c.sent + 1,
                sent_bytes = c.sent_bytes + excluded.sent_bytes,
                send_calls = c.send_calls + 1,
                batched = c.batched + 1
        )
        select (select rowmq._generated_id(id, 0, position) from request)
        """;

    /**
     * Callers of a send need no rights on the tables, so it is a function that runs as its owner; its language is the
     * one that keeps plans on all versions of PostgreSQL, which SQL does since 18 only.
     */
    private static final String ROWS_FUNCTION = """
        create or replace function same_rows(given_text text) returns text
        language plpgsql security definer as $$
        declare
            result text;
        begin
            %s into result;
            return result;
        end
        $$
        """.formatted(ROWS.formatted("given_text"));

    private final String url;
    private final List<Connection> connections = new ArrayList<>();

    /** @param url of a database with the schema of a service, in which the queue {@code send} exists */
    SqlSends(String url) {
        this.url = url;
        try {
            for (int i = 0; i < Benchmark.CONNECTIONS; i++) {
                connections.add(DriverManager.getConnection(url));
            }
            try (Statement statement = connections.getFirst().createStatement()) {
                statement.execute(TABLES);
                statement.execute(ROWS_FUNCTION);
            }
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    Measured send(Duration time) {
        return run("select rowmq.send('send', ?)", Conversations.BODY, time);
    }

    Measured rows(Duration time) {
        return run(ROWS.formatted("?"), Conversations.BODY, time);
    }

    Measured rowsInFunction(Duration time) {
        return run("select same_rows(?)", Conversations.BODY, time);
    }

    Measured plainInsert(Duration time) {
        return run("insert into plain (body) values (convert_to(?, 'UTF8')) returning id", Conversations.BODY, time);
    }

    Measured standIn(Duration time) {
        return run("select * from standin_send('standin', ?::jsonb, 0)", '"' + Conversations.BODY + '"', time);
    }

    private Measured run(String sql, String body, Duration time) {
        LongAdder done = new LongAdder();
        long end = System.nanoTime() + time.toNanos();
        List<Thread> threads = connections.stream()
                .map(connection -> Thread.ofPlatform().daemon().start(() -> {
                    try (PreparedStatement statement = connection.prepareStatement(sql)) {
                        statement.setString(1, body);
                        while (System.nanoTime() < end) {
                            statement.execute();
                            done.increment();
                        }
                    } catch (SQLException failure) {
                        throw new IllegalStateException(failure);
                    }
                }))
                .toList();
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        return new Measured(done.sum(), 0, time.toNanos() / 1e9, new Histogram(120_000_000L, 3), 0);
    }

    /**
     * How long sixteen transactions that stay open for a second, and send to one queue, waited for each other: the
     * longest send of all, in milliseconds.
     */
    double longestSendBesideOpenTransactions() {
        double[] longest = new double[16];
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < longest.length; i++) {
            int n = i;
            threads.add(Thread.ofPlatform().start(() -> {
                try (Connection connection = DriverManager.getConnection(url);
                        Statement statement = connection.createStatement()) {
                    connection.setAutoCommit(false);
                    for (int sent = 0; sent < 20; sent++) {
                        long begin = System.nanoTime();
                        statement.execute("select rowmq.send('send', 'x')");
                        longest[n] = Math.max(longest[n], (System.nanoTime() - begin) / 1e6);
                        Thread.sleep(50);
                    }
                    connection.commit();
                } catch (SQLException failure) {
                    throw new IllegalStateException(failure);
                } catch (InterruptedException stop) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        return java.util.Arrays.stream(longest).max().orElseThrow();
    }

    @Override
    public void close() {
        try {
            for (Connection connection : connections) {
                connection.close();
            }
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
