-- Why: a team sends, receives and settles messages in its own transactions, by functions. PostgreSQL only.
-- Locks: nothing. Every change of this file replaces the functions; their grants stay.
--
-- Names that begin with an underscore are for the functions only. Each public function runs with the rights of the
-- owner of the tables and sees this schema only, by its search_path or, in send, by the names. A role may call it once
-- EXECUTE is granted to it.

-- a function of an earlier version
drop function if exists _store_plain(text, integer, bytea);
drop function if exists _json_body(jsonb);

-- Raises a refusal. SQLSTATEs of the class RQ; the detail is the code of the API.
create or replace function _refuse(state text, code text, message text, hint text) returns void
language plpgsql as $$
begin
    raise exception using errcode = state, message = message, detail = code, hint = hint;
end
$$;

-- The id of a message that was sent without one; see GeneratedId. One expression, so that it becomes a part of its
-- caller, and with the schema of each name; see send.
create or replace function _generated_id(queue_id integer, priority integer, pos bigint) returns text
language sql immutable as $$
    select pg_catalog.lpad(pg_catalog.to_hex(queue_id), 8, '0')
        operator(pg_catalog.||) '-0000-800'
        operator(pg_catalog.||) pg_catalog.to_hex(priority)
        operator(pg_catalog.||) '-'
        operator(pg_catalog.||) pg_catalog.substr(
            pg_catalog.to_hex(pos operator(pg_catalog.|) (-9223372036854775808)), 1, 4)
        operator(pg_catalog.||) '-'
        operator(pg_catalog.||) pg_catalog.substr(
            pg_catalog.to_hex(pos operator(pg_catalog.|) (-9223372036854775808)), 5)
$$;

-- The row of counters that this session may change without waiting for another. It goes on to another row every 500
-- positions: while a transaction is open, each change of a row reads all its versions of that transaction.
create or replace function _writer(pos bigint) returns bigint
language sql volatile as $$
    select operator(pg_catalog.-) ((pg_catalog.pg_backend_pid()::bigint operator(pg_catalog.<<) 20)
        operator(pg_catalog.|) ((pos operator(pg_catalog./) 500) operator(pg_catalog.&) 1048575))
$$;

-- The queue of that name, for a statement that sends or receives.
create or replace function _queue_named(queue_name text) returns queue
language plpgsql stable as $$
declare
    found_queue queue;
begin
    select * into found_queue from queue q where q.name = queue_name collate "default" and q.deleted_at is null;
    if not found then
        perform _refuse('RQ404', 'QUEUE_NOT_FOUND', format('queue ''%s'' does not exist', left(queue_name, 100)),
            'Create it over HTTP: PUT /v1/queues/{queue}.');
    end if;
    if found_queue.storage <> 0 then
        perform _refuse('RQ400', 'NOT_SUPPORTED',
            format('queue ''%s'' is in the memory of the service, which SQL cannot reach', queue_name),
            'Use a queue with durable storage.');
    end if;
    return found_queue;
end
$$;

-- Checks a message and returns its metadata as it is stored; see MessageValidator.
create or replace function _checked(q queue, kind integer, body bytea, id text, metadata jsonb) returns text
language plpgsql stable as $$
declare
    entry record;
    size bigint := octet_length(body);
    entries integer := 0;
begin
    if size is null or size = 0 then
        perform _refuse('RQ410', 'EMPTY_BODY', 'the body is null or empty', 'It takes at least one byte.');
    end if;
    if id is not null then
        -- a character beyond the first 65,536 counts as two, as in Java
        if length(id) not between 1 and 100 or id in ('.', '..') or id collate "C" ~ _unprintable()
            or length(id) > 50 and getdatabaseencoding() = 'UTF8'
                and 2 * length(id) - length(regexp_replace(id, '[\U00010000-\U0010ffff]', '', 'g')) > 100
            or not _is_utf8(id) then
            perform _refuse('RQ400', 'INVALID_REQUEST', format('id is ''%s''', left(id, 120)),
                'Allowed are 1 to 100 printable characters, and not only a dot or two.');
        end if;
        if id collate "C" ~ '^[0-9a-f]{8}-0000-800[0-9a-f]-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' then
            perform _refuse('RQ400', 'INVALID_REQUEST',
                format('id is ''%s'', which has the form of the ids that RowMQ generates', id),
                'Choose another id, or put a prefix before it.');
        end if;
    end if;
    if metadata is not null then
        if jsonb_typeof(metadata) <> 'object' then
            perform _refuse('RQ412', 'INVALID_ATTRIBUTE', 'metadata is no JSON object', 'Give an object of texts.');
        end if;
        for entry in select m.key, m.value, m.value #>> '{}' as text from jsonb_each(metadata) m loop
            if entry.key not in ('traceparent', 'tracestate', 'baggage') then
                entries := entries + 1;
            end if;
            if length(entry.key) > 256 or entry.key !~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' then
                perform _refuse('RQ412', 'INVALID_ATTRIBUTE',
                    format('''%s'' is no name for metadata', left(entry.key, 100)),
                    'Allowed are 1 to 256 of A-Z a-z 0-9 _ - and single dots between.');
            end if;
            if entry.key ~* '^(aws|amazon|rowmq)\.' then
                perform _refuse('RQ412', 'INVALID_ATTRIBUTE', format('the name ''%s'' is reserved', left(entry.key,
                    100)),
                    'Names must not begin with aws., amazon. or rowmq.');
            end if;
            if jsonb_typeof(entry.value) <> 'string' or entry.text = '' or entry.text collate "C" ~ _forbidden() then
                perform _refuse('RQ412', 'INVALID_ATTRIBUTE',
                    format('the value of ''%s'' is no text, is empty or has a character that no text may have',
                        left(entry.key, 100)),
                    'Values are texts without control characters.');
            end if;
            size := size + length(entry.key) + octet_length(convert_to(entry.text, 'UTF8'));
        end loop;
        if entries > 10 or size - octet_length(body) > 65536 then
            perform _refuse('RQ412', 'INVALID_ATTRIBUTE',
                format('metadata has %s entries and %s bytes', entries, size - octet_length(body)),
                'Allowed are 0 to 10 entries, beside traceparent, tracestate and baggage, and 0 to 65536 bytes.');
        end if;
    end if;
    if size > q.max_message_size then
        perform _refuse('RQ413', 'MESSAGE_TOO_LARGE',
            format('body and metadata are %s bytes; queue ''%s'' takes up to %s', size, q.name, q.max_message_size),
            'Send less, or raise maxMessageSize of the queue (up to 10 MB).');
    end if;
    return case when metadata <> '{}' then metadata::text end;
end
$$;

-- A JSON value as the body of a message, without insignificant white space, as it is stored over HTTP too.
-- A value that is too large even without its white space is returned with it, as to remove it takes a second for each
-- megabyte.
create or replace function _json_body(value jsonb, max_size integer) returns bytea
language sql immutable as $$
    select convert_to(
        case when octet_length(value::text) > 2 * max_size::bigint then value::text
            else regexp_replace(value::text, '("(?:[^"\\]|\\.)*")|([,:]) ', '\1\2', 'g') end,
        'UTF8')
$$;

-- The characters that no text may have, as a regular expression: those that XML 1.0, section 2.2, leaves out.
create or replace function _forbidden() returns text
language sql immutable as $$
    select case when getdatabaseencoding() = 'UTF8' then '[\u0001-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]'
        else '[\u0001-\u0008\u000b\u000c\u000e-\u001f]' end
$$;

-- The characters that no id may have: those of the Unicode categories Cc, Cf, Zl and Zp, and those that are none.
create or replace function _unprintable() returns text
language sql immutable as $$
    select case when getdatabaseencoding() = 'UTF8' then
        '[\u0001-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f'
        '\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000110bd\U000110cd'
        '\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f'
        '\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe\U0003ffff\U0004fffe\U0004ffff'
        '\U0005fffe\U0005ffff\U0006fffe\U0006ffff\U0007fffe\U0007ffff\U0008fffe\U0008ffff'
        '\U0009fffe\U0009ffff\U000afffe\U000affff\U000bfffe\U000bffff\U000cfffe\U000cffff'
        '\U000dfffe\U000dffff\U000efffe\U000effff\U000ffffe\U000fffff\U0010fffe\U0010ffff]'
        else '[\u0001-\u001f\u007f]' end
$$;

-- Whether a text can be read by the service. In a database with the encoding UTF8 each text can.
create or replace function _is_utf8(value text) returns boolean
language plpgsql stable as $$
begin
    if getdatabaseencoding() <> 'UTF8' then
        perform convert_to(value, 'UTF8');
    end if;
    return true;
exception when character_not_in_repertoire or untranslatable_character then
    return false;
end
$$;

create or replace function _checked_interval(name text, value interval, low interval, high interval) returns interval
language plpgsql immutable as $$
declare
    months integer;
    seconds double precision;
begin
    if value is null then
        return null;
    end if;
    if isfinite(value) then
        -- months become 30 days, so that the bounds hold whenever it is added to a time
        months := 12 * extract(year from value) + extract(month from value);
        seconds := extract(epoch from value - make_interval(months => months)) + months * 30.0 * 86400;
    end if;
    if seconds is null or seconds not between extract(epoch from low) and extract(epoch from high) then
        perform _refuse('RQ416', 'OUT_OF_RANGE', format('%s is %s', name, value),
            format('Allowed is %s to %s.', low, high));
    end if;
    return make_interval(secs => seconds);
end
$$;

-- Locks groups of a FIFO queue until the transaction ends, so that positions increase in the order of commits; see
-- GroupRows.
create or replace function _lock_groups(queue_id integer, groups text[]) returns void
language sql volatile as $$
    insert into message_group as g (queue_id, group_id, head, next_at)
    select _lock_groups.queue_id, wanted.name, 0, clock_timestamp()
    from (select distinct name collate "C" as name from unnest(groups) name) wanted
    order by wanted.name
    on conflict (queue_id, group_id) do update
    set head = g.head
    where false
$$;

-- Lets claims look at the group of a message that was settled.
create or replace function _release(queue_id integer, metadata text) returns void
language plpgsql volatile as $$
begin
    if position('"rowmq.group"' in metadata) > 0 then
        update message_group g
        set next_at = clock_timestamp()
        where g.queue_id = _release.queue_id and g.group_id = metadata::jsonb ->> 'rowmq.group';
    end if;
end
$$;

-- The key under which a message of a FIFO queue is recorded by its content; see Deduplication.
create or replace function _content_key(q queue, content bytea, message_group text) returns text
language sql stable as $$
    select E'\001' || translate(rtrim(encode(sha256(convert_to(
        case when q.deduplication_per_group then message_group || E'\n' else '' end || encode(sha256(content), 'hex'),
        'UTF8')), 'base64'), '='), '+/', '-_')
$$;

-- Checks the group of a message, and that a message of a FIFO queue has one.
create or replace function _check_group(q queue, message_group text, delay interval, deliver_at timestamptz)
returns void
language plpgsql stable as $$
begin
    if message_group collate "C" !~ '^[!-~]{1,128}$' then
        perform _refuse('RQ400', 'INVALID_REQUEST', format('message_group is ''%s''', left(message_group, 150)),
            'Allowed are 1 to 128 letters, digits and punctuation marks of ASCII, without spaces.');
    end if;
    if q.fifo and message_group is null then
        perform _refuse('RQ400', 'INVALID_REQUEST', format('queue ''%s'' is a FIFO queue', q.name),
            'Give each message a message_group.');
    end if;
    if q.fifo and (select count(*) from partition_home where number > 0)
        + (select count(*) from partition_count where partitions > 1) > 0 then
        perform _refuse('RQ400', 'NOT_SUPPORTED',
            format('queue ''%s'' is a FIFO queue over several partitions', q.name),
            'Send over HTTP, where each group has its partition.');
    end if;
    if q.fifo and (deliver_at is not null or delay > interval '0') then
        perform _refuse('RQ400', 'INVALID_REQUEST', format('queue ''%s'' is a FIFO queue', q.name),
            'A message has no delay of its own there; set the delay of the queue.');
    end if;
end
$$;

-- Stores one message; see PostgresStatements.INSERT.
create or replace function _store(
    q queue, kind integer, content bytea, given_id text, metadata jsonb, wanted_priority integer, delay interval,
    deliver_at timestamptz, ttl interval, message_group text, given_pos bigint default null) returns text
language plpgsql as $$
declare
    pos bigint;
    moment timestamptz;
    visible timestamptz;
    expires timestamptz;
    hash bytea;
    later boolean;
    level integer := case when wanted_priority between 0
        and q.priorities - 1 then wanted_priority else q.priorities - 1 end;
    entries text := _checked(q, kind, content, given_id, metadata);
    own_life boolean;
    held bigint;
    known processed_id;
    recorded_id text := given_id;
begin
    perform _check_group(q, message_group, delay, deliver_at);
    if message_group is not null then
        entries := (coalesce(entries, '{}')::jsonb || jsonb_build_object('rowmq.group', message_group))::text;
    end if;
    if delay is not null and deliver_at is not null then
        perform _refuse('RQ400', 'INVALID_REQUEST', 'delay and deliver_at exclude each other', 'Give one of them.');
    end if;
    delay := _checked_interval('delay', delay, interval '0', interval '365 days');
    ttl := _checked_interval('ttl', ttl, interval '1 second', interval '365 days');
    own_life := coalesce(ttl < q.retention_ms * interval '1 millisecond', false);
    moment := clock_timestamp();
    if deliver_at > moment + interval '365 days' or deliver_at < timestamptz 'epoch' then
        perform _refuse('RQ416', 'OUT_OF_RANGE', format('deliver_at is %s', deliver_at),
            'Allowed is 1970 to 365 days from now.');
    end if;
    if q.max_messages > 0 then
        select coalesce(sum(c.ready + c.delayed + c.in_flight),
            0) into held from queue_counter c where c.queue_id = q.id;
    end if;
    if held < q.max_messages or q.max_messages = 0 then
        if q.fifo then
            perform _lock_groups(q.id, array[message_group]);
        end if;
        pos := coalesce(given_pos, nextval('message_position'));
        moment := clock_timestamp();
        visible := greatest(moment, coalesce(deliver_at, moment + coalesce(delay,
            q.delay_ms * interval '1 millisecond')));
        expires := visible + case when own_life then ttl else q.retention_ms * interval '1 millisecond' end;
        later := visible > moment + interval '1 second';
    end if;
    if q.fifo and q.content_based_deduplication and given_id is null then
        recorded_id := _content_key(q, content, message_group);
        delete from processed_id p
        where p.queue_id = q.id and p.id = recorded_id collate "default" and p.forget_at <= moment;
    end if;
    if recorded_id is not null then
        hash := sha256(set_byte('\x00'::bytea, 0, kind) || content);
        loop
            if pos is not null then
                insert into processed_id (queue_id, id, priority, position, body_hash, enqueued_at, visible_at,
                    forget_at)
                values (q.id, recorded_id, level, pos, hash, moment, visible,
                    case when given_id is null then moment + interval '5 minutes' end)
                on conflict (queue_id, id) do nothing;
                exit when found;
            end if;
            select * into known from processed_id p where p.queue_id = q.id and p.id = recorded_id collate "default";
            if found and given_id is not null and known.body_hash <> hash then
                perform _refuse('RQ409', 'ID_REUSED', format('id ''%s'' was sent before with another body', given_id),
                    'Nothing was stored; choose another id.');
            elsif found then
                insert into queue_counter as c (queue_id, writer, updated_at, duplicates)
                values (q.id, _writer(known.position), clock_timestamp(), 1)
                on conflict (queue_id, writer) do update
                set updated_at = excluded.updated_at, duplicates = c.duplicates + 1;
                return coalesce(given_id, _generated_id(q.id, known.priority, known.position));
            end if;
            -- the id was forgotten between the two statements, or the queue is full
            exit when pos is null;
        end loop;
    end if;
    if pos is null then
        perform _refuse('RQ507', 'QUEUE_FULL',
            format('queue ''%s'' holds %s messages, and at most %s (maxMessages)', q.name, held, q.max_messages),
            'Wait until consumers catch up.');
    end if;
    if later then
        insert into delayed_message (queue_id, due_at, position, priority, deliveries, id, body_kind, body, metadata,
            enqueued_at, expires_at)
        values (q.id, visible, pos, level, 0, given_id, kind, content, entries, moment, expires);
    else
        insert into message (queue_id, priority, position, visible_at, lease_state, lease_token, deliveries, id,
            body_kind, body, metadata, enqueued_at, expires_at)
        values (q.id, level, pos, visible, 0, 0, 0, given_id, kind, content, entries, moment, expires);
    end if;
    if q.fifo then
        insert into group_member (queue_id, group_id, position) values (q.id, message_group, pos);
    end if;
    if own_life then
        insert into message_expiry (expires_at, queue_id, priority, position) values (expires, q.id, level, pos);
    end if;
    insert into queue_counter as c (queue_id, writer, updated_at, ready, delayed, sent, sent_bytes, send_calls, batched)
    values (q.id, _writer(pos), moment, case when later then 0 else 1 end, case when later then 1 else 0 end, 1,
        octet_length(content), 1, 1)
    on conflict (queue_id, writer) do update
    set updated_at = excluded.updated_at,
        ready = c.ready + excluded.ready,
        delayed = c.delayed + excluded.delayed,
        sent = c.sent + 1,
        sent_bytes = c.sent_bytes + excluded.sent_bytes,
        send_calls = c.send_calls + 1,
        batched = c.batched + 1;
    return coalesce(given_id, _generated_id(q.id, level, pos));
end
$$;

-- Sends a text with any of the options.
create or replace function _send(
    queue text, body text, id text, metadata jsonb, priority integer, delay interval, deliver_at timestamptz,
    ttl interval, message_group text) returns text
language plpgsql set search_path = "${flyway:defaultSchema}", pg_temp set standard_conforming_strings = on as $$
begin
    if body collate "C" ~ _forbidden() then
        perform _refuse('RQ411', 'INVALID_CHARACTER', 'the body has a control character that no text may have',
            'Send bytes with send_bytes.');
    end if;
    return _store(_queue_named(queue), 0, convert_to(body, 'UTF8'), id, metadata, priority, delay, deliver_at, ttl,
        message_group);
end
$$;

-- Sends a text. It is delivered once the caller's transaction commits, and never if it rolls back. Returns the id.
--
-- A message with a body only, for a queue without a delay and a limit, is stored here: each statement and each
-- expression of plpgsql costs microseconds. So does the change of a setting, so that search_path stays as the caller
-- has it. It does not matter: every name of a table, type, function and operator has its schema, and between, in and
-- the simple form of case, which look up an operator, are not used.
create or replace function send(
    queue text, body text, id text default null, metadata jsonb default null, priority integer default null,
    delay interval default null, deliver_at timestamptz default null, ttl interval default null,
    message_group text default null) returns text
language plpgsql security definer as $$
declare
    content pg_catalog.bytea;
    moment pg_catalog.timestamptz;
    stored_queue pg_catalog.int4;
    stored_level pg_catalog.int4;
    pos pg_catalog.int8;
begin
    if pg_catalog.num_nonnulls(id, metadata, priority, delay, deliver_at, ttl, message_group)
            operator(pg_catalog.=) 0
        and body collate pg_catalog."C" operator(pg_catalog.!~)
            E'[\\u0001-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ufffe\\uffff]' then
        content := pg_catalog.convert_to(body, 'UTF8');
        moment := pg_catalog.clock_timestamp();
        insert into "${flyway:defaultSchema}".message (queue_id, priority, position, visible_at, lease_state,
            lease_token, deliveries, body_kind, body, enqueued_at, expires_at)
        select q.id, q.priorities operator(pg_catalog.-) 1,
            pg_catalog.nextval('"${flyway:defaultSchema}".message_position'), moment, 0, 0, 0, 0, content, moment,
            moment operator(pg_catalog.+) (q.retention_ms operator(pg_catalog.*) interval '1 millisecond')
        from "${flyway:defaultSchema}".queue q
        where q.name operator(pg_catalog.=) queue collate pg_catalog."default"
            and q.deleted_at is null
            and q.storage operator(pg_catalog.=) 0
            and q.delay_ms operator(pg_catalog.=) 0
            and q.max_messages operator(pg_catalog.=) 0
            and not q.fifo
            and pg_catalog.octet_length(content) operator(pg_catalog.>=) 1
            and pg_catalog.octet_length(content) operator(pg_catalog.<=) q.max_message_size
        returning message.queue_id, message.priority, message.position into stored_queue, stored_level, pos;
        if found then
            insert into "${flyway:defaultSchema}".queue_counter as c (queue_id, writer, updated_at, ready, sent,
                sent_bytes, send_calls, batched)
            values (stored_queue, "${flyway:defaultSchema}"._writer(pos), moment, 1, 1,
                pg_catalog.octet_length(content), 1, 1)
            on conflict (queue_id, writer) do update
            set updated_at = excluded.updated_at,
                ready = c.ready operator(pg_catalog.+) 1,
                sent = c.sent operator(pg_catalog.+) 1,
                sent_bytes = c.sent_bytes operator(pg_catalog.+) excluded.sent_bytes,
                send_calls = c.send_calls operator(pg_catalog.+) 1,
                batched = c.batched operator(pg_catalog.+) 1;
            return "${flyway:defaultSchema}"._generated_id(stored_queue, stored_level, pos);
        end if;
    end if;
    return "${flyway:defaultSchema}"._send(queue, body, id, metadata, priority, delay, deliver_at, ttl, message_group);
end
$$;

-- As send, with a JSON value as the body, with its names in the order in which PostgreSQL keeps them.
create or replace function send_json(
    queue text, body jsonb, id text default null, metadata jsonb default null, priority integer default null,
    delay interval default null, deliver_at timestamptz default null, ttl interval default null,
    message_group text default null) returns text
language plpgsql security definer set search_path = "${flyway:defaultSchema}",
    pg_temp set standard_conforming_strings = on as $$
declare
    q queue := _queue_named(queue);
begin
    return _store(q, 1, _json_body(nullif(body, 'null'), q.max_message_size), id, metadata, priority, delay, deliver_at,
        ttl, message_group);
end
$$;

-- As send, with bytes as the body.
create or replace function send_bytes(
    queue text, body bytea, id text default null, metadata jsonb default null, priority integer default null,
    delay interval default null, deliver_at timestamptz default null, ttl interval default null,
    message_group text default null) returns text
language plpgsql security definer set search_path = "${flyway:defaultSchema}",
    pg_temp set standard_conforming_strings = on as $$
begin
    return _store(_queue_named(queue), 2, body, id, metadata, priority, delay, deliver_at, ttl, message_group);
end
$$;

-- Sends a JSON array of messages, each an object with the fields of the API: body (a text, or another JSON value), id,
-- metadata, priority, delay, deliverAt, ttl, group; delay and ttl are intervals. One refusal refuses them all. Returns
-- the ids.
create or replace function send_batch(queue text, messages jsonb) returns setof text
language plpgsql security definer set search_path = "${flyway:defaultSchema}",
    pg_temp set standard_conforming_strings = on as $$
declare
    q queue := _queue_named(queue);
    positions bigint[];
    ids text[];
    one jsonb;
    n bigint;
    field text;
begin
    if jsonb_typeof(messages) is distinct from 'array' or jsonb_array_length(messages) not between 1 and 1000 then
        perform _refuse('RQ416', 'OUT_OF_RANGE', 'messages is no array of 1 to 1000 messages', 'Send several batches.');
    end if;
    select array_agg(p) into positions
    from (select nextval('message_position') as p from generate_series(1, jsonb_array_length(messages))) drawn;
    if q.fifo then
        perform _lock_groups(q.id, array(
            select m ->> 'group' from jsonb_array_elements(messages) m
            where m ->> 'group' collate "C" ~ '^[!-~]{1,128}$'));
    end if;
    -- in the order of the ids, so that two transactions with the same ids wait for each other and do not deadlock; in
    -- FIFO queues in the given order
    for one, n in
        select m.value, m.ordinality
        from jsonb_array_elements(messages) with ordinality m
        order by (case when not q.fifo then m.value ->> 'id' end) collate "C" nulls first, m.ordinality
    loop
        if jsonb_typeof(one) <> 'object' then
            perform _refuse('RQ400', 'INVALID_REQUEST', format('messages[%s] is no object', n - 1),
                'Give an object with a body.');
        end if;
        for field in select k from jsonb_object_keys(one) k
            where k not in ('body', 'id', 'metadata', 'priority', 'delay', 'deliverAt', 'ttl', 'group') loop
            perform _refuse('RQ400', 'UNKNOWN_FIELD', format('messages[%s] has the field ''%s''', n - 1, left(field,
                100)),
                'Fields are body, id, metadata, priority, delay, deliverAt, ttl and group.');
        end loop;
        if jsonb_typeof(one -> 'body') = 'string' and (one ->> 'body') collate "C" ~ _forbidden() then
            perform _refuse('RQ411', 'INVALID_CHARACTER', format('the body of messages[%s] has a control character',
                n - 1),
                'Send bytes with send_bytes.');
        end if;
        for field in select k from unnest(array['id', 'deliverAt', 'delay', 'ttl', 'group']) k
            where jsonb_typeof(one -> k) not in ('string', 'null') loop
            perform _refuse('RQ400', 'INVALID_REQUEST', format('%s of messages[%s] is no text', field, n - 1),
                'id, deliverAt, delay, ttl and group are texts.');
        end loop;
        if jsonb_typeof(one -> 'priority') not in ('number', 'null')
            or coalesce(one ->> 'priority', '0') !~ '^-?[0-9]{1,9}$' then
            perform _refuse('RQ400', 'INVALID_REQUEST', format('priority of messages[%s] is no whole number', n - 1),
                'Give a number such as 0.');
        end if;
        ids[n] := _store(q, case when jsonb_typeof(one -> 'body') = 'string' then 0 else 1 end,
            case when jsonb_typeof(one -> 'body') = 'string' then convert_to(one ->> 'body', 'UTF8')
                else _json_body(nullif(one -> 'body', 'null'), q.max_message_size) end,
            one ->> 'id', nullif(one -> 'metadata', 'null'), (one ->> 'priority')::integer,
            _interval(n - 1, 'delay', one ->> 'delay'), _time(n - 1, one ->> 'deliverAt'), _interval(n - 1, 'ttl',
                one ->> 'ttl'),
            one ->> 'group', case when not q.fifo then positions[n] end);
    end loop;
    return query select unnest(ids);
end
$$;

-- An interval, and a time, of a message in a batch.
create or replace function _interval(n bigint, field text, value text) returns interval
language plpgsql stable set intervalstyle = postgres as $$
begin
    return value::interval;
exception when data_exception then
    perform _refuse('RQ400', 'INVALID_REQUEST', format('%s of messages[%s] is ''%s''', field, n, left(value, 100)),
        'Write an interval as in SQL, such as 10 s or 1 hour.');
end
$$;

create or replace function _time(n bigint, value text) returns timestamptz
language plpgsql stable set datestyle = iso as $$
begin
    if value !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)$' then
        raise data_exception;
    end if;
    return value::timestamptz;
exception when data_exception then
    perform _refuse('RQ400', 'INVALID_REQUEST', format('deliverAt of messages[%s] is ''%s''', n, left(value, 100)),
        'Write a time with its zone, such as 2026-12-01T08:00:00Z.');
end
$$;

-- Sends a text to each queue of a topic whose filter takes the message. Returns the names of these queues.
create or replace function publish(
    topic text, body text, id text default null, metadata jsonb default null, priority integer default null,
    delay interval default null, deliver_at timestamptz default null, ttl interval default null) returns setof text
language plpgsql security definer set search_path = "${flyway:defaultSchema}",
    pg_temp set standard_conforming_strings = on as $$
declare
    bound text;
    taker text;
begin
    select t.bindings into bound from topic t where t.name = publish.topic collate "default";
    if not found then
        perform _refuse('RQ404', 'TOPIC_NOT_FOUND', format('topic ''%s'' does not exist', left(publish.topic, 100)),
            'Create it over HTTP: PUT /v1/topics/{topic}.');
    end if;
    for taker in
        select b ->> 'queue'
        from jsonb_array_elements(bound::jsonb) b
        where not exists (
                select 1
                from jsonb_each(coalesce(nullif(b -> 'filter', 'null'), '{}')) f
                where metadata -> f.key is null or not f.value @> jsonb_build_array(metadata -> f.key))
            and exists (select 1 from queue q where q.name = b ->> 'queue' and q.deleted_at is null)
    loop
        perform send(taker, body, id, metadata, priority, delay, deliver_at, ttl);
        return next taker;
    end loop;
end
$$;

-- HMAC-SHA-256 (RFC 2104) with the key of the receipts, cut to 8 bytes; see ReceiptCodec.
create or replace function _seal(content bytea) returns bytea
language sql stable as $$
    select substr(sha256(pads.outside || sha256(pads.inside || '\x7265636569707400'::bytea || content)), 1, 8)
    from (
        select decode(string_agg(lpad(to_hex(b # 54), 2, '0'), '' order by n), 'hex') as inside,
            decode(string_agg(lpad(to_hex(b # 92), 2, '0'), '' order by n), 'hex') as outside
        from (
            select n, case when n < length(k.secret) / 2 then get_byte(decode(k.secret, 'hex'), n) else 0 end as b
            from seal_key k
            cross join generate_series(0, 63) n
            where k.id = 1) padded) pads
$$;

create or replace function _receipt(queue_id integer, priority integer, pos bigint, token bigint, deliveries integer)
returns text
language sql stable as $$
    select translate(rtrim(encode(content || _seal(content), 'base64'), E'=\n'), E'+/\n', '-_')
    from (
        select '\x01'::bytea || int4send(queue_id) || set_byte('\x00'::bytea, 0,
            priority) || int8send(pos) || int8send(token)
            || int4send(deliveries) as content) c
$$;

do $$
begin
    if to_regtype('"${flyway:defaultSchema}"._lease') is null then
        create type _lease as (queue_id integer, priority integer, pos bigint, token bigint, deliveries integer);
    end if;
end
$$;

-- The lease of a receipt. A receipt that this service did not write is refused.
create or replace function _read(receipt text) returns _lease
language plpgsql stable as $$
declare
    bytes bytea;
    lease _lease;
begin
    if receipt collate "C" ~ '^[A-Za-z0-9_-]{46}$' then
        bytes := decode(translate(receipt, '-_', '+/') || '==', 'base64');
    end if;
    if bytes is null or get_byte(bytes, 0) <> 1 or substr(bytes, 27) is distinct from _seal(substr(bytes, 1, 26))
        or translate(rtrim(encode(bytes, 'base64'), E'=\n'), E'+/\n', '-_') <> receipt then
        perform _refuse('RQ422', 'INVALID', 'this is no receipt of this service',
            'Give the receipt of the delivery as it came.');
    end if;
    lease.queue_id := ('x' || encode(substr(bytes, 2, 4), 'hex'))::bit(32)::integer;
    lease.priority := get_byte(bytes, 5);
    lease.pos := ('x' || encode(substr(bytes, 7, 8), 'hex'))::bit(64)::bigint;
    lease.token := ('x' || encode(substr(bytes, 15, 8), 'hex'))::bit(64)::bigint;
    lease.deliveries := ('x' || encode(substr(bytes, 23, 4), 'hex'))::bit(32)::integer;
    if lease.pos >> 48 is distinct from (select number from partition_home)::bigint then
        perform _refuse('RQ422', 'UNAVAILABLE', 'the message of this receipt is in another database or in memory',
            'Settle it over HTTP.');
    end if;
    return lease;
end
$$;

-- Raises the refusal for a lease that does not hold any more.
create or replace function _lost(lease _lease) returns void
language plpgsql stable as $$
begin
    if exists (select from message m where m.queue_id = lease.queue_id and m.priority = lease.priority
        and m.position = lease.pos)
        or exists (select from delayed_message d where d.position = lease.pos) then
        perform _refuse('RQ423', 'STALE',
            'the lease of this receipt has ended and the message was given out again or put back',
            'Roll back: another consumer has the message or will have it.');
    end if;
    perform _refuse('RQ424', 'GONE', 'the message of this receipt is not there any more',
        'Roll back: it was acked, expired, purged or became a dead letter.');
end
$$;

-- Acks a message in the caller's transaction. Raises SQLSTATE RQ423 or RQ424 when the lease does not hold any more.
create or replace function ack(receipt text) returns void
language plpgsql security definer set search_path = "${flyway:defaultSchema}",
    pg_temp set standard_conforming_strings = on
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
declare
    lease _lease := _read(receipt);
    acked message;
    moment timestamptz := clock_timestamp();
begin
    delete from message m
    where m.queue_id = lease.queue_id and m.priority = lease.priority and m.position = lease.pos
        and m.lease_token = lease.token
    returning * into acked;
    if not found then
        perform _lost(lease);
    end if;
    perform _release(lease.queue_id, acked.metadata);
    if acked.id is not null then
        update processed_id p
        set processed_at = moment,
            forget_at = moment + (select q.processed_retention_ms from queue q where q.id = lease.queue_id)
                * interval '1 millisecond'
        where p.queue_id = lease.queue_id and p.id = acked.id and p.position = lease.pos;
    end if;
    insert into queue_counter as c (queue_id, writer, updated_at, ready, in_flight, acked, latency_millis)
    values (lease.queue_id, _writer(lease.pos), moment, case when acked.lease_state <= 0 then -1 else 0 end,
        case when acked.lease_state > 0 then -1 else 0 end, 1,
        coalesce(round(extract(epoch from moment - acked.leased_at) * 1000), 0))
    on conflict (queue_id, writer) do update
    set updated_at = excluded.updated_at,
        ready = c.ready + excluded.ready,
        in_flight = c.in_flight + excluded.in_flight,
        acked = c.acked + 1,
        latency_millis = c.latency_millis + excluded.latency_millis;
end
$$;

-- Gives a message back: it is delivered again after the delay, by default the backoff of the queue's retry policy.
-- After its last delivery it becomes a dead letter within about a second. The error is kept with it.
create or replace function nack(receipt text, delay interval default null, error text default null) returns void
language plpgsql security definer set search_path = "${flyway:defaultSchema}",
    pg_temp set standard_conforming_strings = on
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
declare
    lease _lease := _read(receipt);
    q queue;
    held message;
    due timestamptz;
    later boolean;
begin
    delay := _checked_interval('delay', delay, interval '0', interval '365 days');
    if length(error) > 1000 then
        perform _refuse('RQ416', 'OUT_OF_RANGE', format('error has %s characters', length(error)),
            'Allowed are 0 to 1000.');
    end if;
    if error collate "C" ~ _forbidden() or not _is_utf8(error) then
        perform _refuse('RQ411', 'INVALID_CHARACTER', 'error has a character that no text may have',
            'Leave out control characters.');
    end if;
    select * into q from queue where queue.id = lease.queue_id;
    select * into held from message m
    where m.queue_id = lease.queue_id and m.priority = lease.priority and m.position = lease.pos
        and m.lease_token = lease.token
    for update;
    if not found then
        perform _lost(lease);
    end if;
    perform _release(lease.queue_id, held.metadata);
    if q.max_deliveries > 0 and held.deliveries >= q.max_deliveries then
        -- an ended lease after the last delivery: the service makes it a dead letter
        update message m
        set visible_at = clock_timestamp(), lease_token = 0, lease_state = greatest(abs(m.lease_state), 1),
            last_error = coalesce(error, m.last_error)
        where m.queue_id = lease.queue_id and m.priority = lease.priority and m.position = lease.pos;
        perform _count(lease, case when held.lease_state > 0 then 0 else 1 end, 0,
            case when held.lease_state > 0 then 0 else -1 end);
        return;
    end if;
    delay := coalesce(delay, least(q.retry_initial_ms * power(q.retry_multiplier, least(lease.deliveries - 1, 60)),
        q.retry_max_ms)
        * interval '1 millisecond');
    due := clock_timestamp() + delay;
    later := delay > interval '1 second';
    if later then
        delete from message m
        where m.queue_id = lease.queue_id and m.priority = lease.priority and m.position = lease.pos;
        insert into delayed_message (queue_id, due_at, position, priority, deliveries, id, body_kind, body, metadata,
            enqueued_at, expires_at, first_received_at, last_error)
        values (held.queue_id, due, held.position, held.priority, held.deliveries, held.id, held.body_kind, held.body,
            held.metadata, held.enqueued_at, held.expires_at, coalesce(held.first_received_at, held.leased_at),
            coalesce(error, held.last_error));
    else
        update message m
        set visible_at = due, lease_state = - abs(m.lease_state), lease_token = 0, last_error = coalesce(error,
            m.last_error)
        where m.queue_id = lease.queue_id and m.priority = lease.priority and m.position = lease.pos;
    end if;
    perform _count(lease, case when held.lease_state > 0 then -1 else 0 end, case when later then 1 else 0 end,
        case when held.lease_state > 0 then 0 else -1 end + case when later then 0 else 1 end);
end
$$;

-- Adds to the counters of a queue.
create or replace function _count(lease _lease, in_flight integer, delayed integer, ready integer) returns void
language sql volatile as $$
    insert into queue_counter as c (queue_id, writer, updated_at, ready, delayed, in_flight)
    values (lease.queue_id, _writer(lease.pos), clock_timestamp(), ready, delayed, in_flight)
    on conflict (queue_id, writer) do update
    set updated_at = excluded.updated_at,
        ready = c.ready + excluded.ready,
        delayed = c.delayed + excluded.delayed,
        in_flight = c.in_flight + excluded.in_flight
$$;

-- Moves the deadline of a lease to that time from now, at most 12 hours after the lease began. Returns the deadline.
create or replace function extend(receipt text, visibility_timeout interval) returns timestamptz
language plpgsql security definer set search_path = "${flyway:defaultSchema}",
    pg_temp set standard_conforming_strings = on
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
declare
    lease _lease := _read(receipt);
    q queue;
    backoff interval;
    was smallint;
    entries text;
    until timestamptz;
begin
    if visibility_timeout is null then
        perform _refuse('RQ416', 'OUT_OF_RANGE', 'visibility_timeout is null', 'Allowed is 0 to 12 hours.');
    end if;
    visibility_timeout := _checked_interval('visibility_timeout', visibility_timeout, interval '0',
        interval '12 hours');
    select * into q from queue where queue.id = lease.queue_id;
    backoff := case when visibility_timeout = interval '0' then 0
        else least(q.retry_initial_ms * power(q.retry_multiplier, least(lease.deliveries - 1, 60)), q.retry_max_ms) end
        * interval '1 millisecond';
    select m.lease_state, m.metadata into was, entries from message m
    where m.queue_id = lease.queue_id and m.priority = lease.priority and m.position = lease.pos
        and m.lease_token = lease.token
    for update;
    if not found then
        perform _lost(lease);
    end if;
    perform _release(lease.queue_id, entries);
    update message m
    set visible_at = least(clock_timestamp() + visibility_timeout, m.leased_at + interval '12 hours') + backoff,
        lease_state = case when m.lease_state > 0 then 2 else 1 end
    where m.queue_id = lease.queue_id and m.priority = lease.priority and m.position = lease.pos
    returning m.visible_at - backoff into until;
    if was <= 0 then
        perform _count(lease, 1, 0, -1);
    end if;
    return until;
end
$$;

-- Whether the message with this id was acked, as long as the id is remembered (processedRetention of the queue).
create or replace function processed(queue text, id text) returns boolean
language plpgsql stable security definer set search_path = "${flyway:defaultSchema}",
    pg_temp set standard_conforming_strings = on as $$
declare
    q queue := _queue_named(queue);
begin
    return exists (
        select from processed_id p
        where p.queue_id = q.id and p.id = processed.id collate "default" and p.processed_at is not null);
end
$$;

-- Leases messages in the caller's transaction: other receivers do not get them while it is open, and get them again if
-- it rolls back. Returns 0 to max messages; none of a paused queue. body is null for bytes that are no text.
create or replace function receive(queue text, max integer default 1, visibility_timeout interval default null)
returns table (
    id text, body text, body_bytes bytea, metadata jsonb, priority integer, deliveries integer, receipt text,
    fencing_token bigint, enqueued_at timestamptz, lease_until timestamptz)
language plpgsql security definer set search_path = "${flyway:defaultSchema}",
    pg_temp set standard_conforming_strings = on
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off as $$
#variable_conflict use_column
declare
    q queue := _queue_named(queue);
    timeout interval := coalesce(visibility_timeout, q.visibility_timeout_ms * interval '1 millisecond');
    wanted integer := max;
    -- each fetch locks one message, so that none is locked that is not returned
    free cursor (level integer, most integer) for
        select m.ctid as address, octet_length(m.body) as size
        from message m
        where m.queue_id = q.id and m.priority = level and m.visible_at <= clock_timestamp()
            and m.expires_at > clock_timestamp()
            and m.deliveries < case when q.max_deliveries = 0 then 2147483647 else q.max_deliveries end
        order by m.queue_id, m.priority, m.position
        limit most
        for update skip locked;
    address tid;
    size integer;
    chosen tid[];
    most_bytes constant bigint := 33554432;
    taken bigint := 0;
    given bigint := 0;
    again bigint := 0;
    fresh bigint := 0;
    last bigint := 0;
    one record;
begin
    if max is null or max not between 1 and 1000 then
        perform _refuse('RQ416', 'OUT_OF_RANGE', format('max is %s', max), 'Allowed is 1 to 1000.');
    end if;
    timeout := _checked_interval('visibility_timeout', timeout, interval '0', interval '12 hours');
    if q.fifo then
        perform _refuse('RQ400', 'NOT_SUPPORTED', format('queue ''%s'' is a FIFO queue', q.name),
            'Receive over HTTP; the messages can be settled here.');
    end if;
    if q.paused then
        return;
    end if;
    for level in 0 .. q.levels - 1 loop
        exit when wanted <= 0 or taken >= most_bytes;
        chosen := '{}';
        open free (level, wanted);
        loop
            fetch free into address, size;
            exit when not found;
            chosen := array_append(chosen, address);
            taken := taken + size;
            exit when taken >= most_bytes;
        end loop;
        close free;
        wanted := wanted - cardinality(chosen);
        for one in
            with leased as (
                update message m
                set visible_at = clock_timestamp() + timeout + least(
                        q.retry_initial_ms * power(q.retry_multiplier, least(m.deliveries, 60)), q.retry_max_ms)
                        * interval '1 millisecond',
                    lease_state = case when m.lease_state > 0 then 2 else 1 end,
                    lease_token = nextval('lease_token'),
                    leased_at = clock_timestamp(),
                    deliveries = m.deliveries + 1,
                    first_received_at = coalesce(m.first_received_at, m.leased_at)
                where m.ctid = any(chosen)
                returning m.*
            )
            select * from leased l order by l.position
        loop
            last := greatest(last, one.position);
            given := given + 1;
            again := again + case when one.deliveries > 1 then 1 else 0 end;
            fresh := fresh + case when one.lease_state = 1 then 1 else 0 end;
            id := coalesce(one.id, _generated_id(one.queue_id, one.priority, one.position));
            body := case when one.body_kind < 2 then convert_from(one.body, 'UTF8') end;
            body_bytes := one.body;
            metadata := one.metadata::jsonb;
            priority := one.priority;
            deliveries := one.deliveries;
            receipt := _receipt(one.queue_id, one.priority, one.position, one.lease_token, one.deliveries);
            fencing_token := one.lease_token;
            enqueued_at := one.enqueued_at;
            lease_until := one.leased_at + timeout;
            return next;
        end loop;
    end loop;
    if given > 0 then
        insert into queue_counter as c (queue_id, writer, updated_at, ready, in_flight, received, redelivered,
            claimed_to)
        values (q.id, _writer(last), clock_timestamp(), - fresh, fresh, given, again, last)
        on conflict (queue_id, writer) do update
        set updated_at = excluded.updated_at,
            ready = c.ready + excluded.ready,
            in_flight = c.in_flight + excluded.in_flight,
            received = c.received + excluded.received,
            redelivered = c.redelivered + excluded.redelivered,
            claimed_to = greatest(c.claimed_to, excluded.claimed_to);
    end if;
end
$$;

-- A new function may be called by every role: that right goes, once. Later grants stay. Where the owner's default
-- privileges give rights to new functions, a comment shows which function is new.
do $$
declare
    one regprocedure;
begin
    for one in
        select p.oid::regprocedure
        from pg_proc p
        where p.pronamespace = '"${flyway:defaultSchema}"'::regnamespace
            and (p.proacl is null
                or obj_description(p.oid, 'pg_proc') is distinct from 'RowMQ'
                    and exists (
                        select from pg_default_acl d
                        where d.defaclrole = p.proowner and d.defaclobjtype = 'f'))
            and p.proowner = current_user::regrole
            and p.proname in ('send', 'send_json', 'send_bytes', 'send_batch', 'publish', 'ack', 'nack', 'extend',
                'processed',
                'receive', '_send', '_refuse', '_generated_id', '_writer', '_queue_named', '_checked', '_forbidden',
                    '_json_body', '_checked_interval', '_interval', '_time',
                '_store', '_lock_groups', '_release', '_content_key', '_check_group',
                '_seal', '_receipt', '_read', '_lost', '_count', '_unprintable', '_is_utf8')
    loop
        execute format('revoke execute on function %s from public', one);
        execute format('comment on function %s is %L', one, 'RowMQ');
    end loop;
end
$$;
