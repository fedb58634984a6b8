package dev.rowmq.store.cluster;

import dev.rowmq.model.Page;
import dev.rowmq.model.audit.AuditEntry;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** The audit of changes, in the first partition. */
@Component
public class AuditStore {

    private static final int SET = 1000;

    private final JdbcTemplate jdbc;
    private final Transactions transactions;

    AuditStore(JdbcTemplate jdbc, Transactions transactions) {
        this.jdbc = jdbc;
        this.transactions = transactions;
    }

    public void add(AuditEntry entry) {
        SqlErrorTranslator.translating(() -> transactions.inTransaction(() -> jdbc.update(
                """
                insert into audit_entry (changed_at, actor, address, channel, action, resource, path, status)
                values (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                entry.changedAt().atOffset(ZoneOffset.UTC),
                entry.actor().orElse(null),
                entry.address(),
                entry.channel().ordinal(),
                entry.action(),
                entry.resource().orElse(null),
                entry.path(),
                entry.status())));
    }

    /**
     * A page of the entries, the latest first.
     *
     * @param resource empty = those of all queues and topics
     */
    public Page<AuditEntry> page(Optional<String> resource, int limit, Optional<String> cursor) {
        record Numbered(long id, AuditEntry entry) {}
        String sql = """
            select id, changed_at, actor, address, channel, action, resource, path, status
            from audit_entry
            where id < ?%s
            order by id desc
            limit ?
            """.formatted(resource.isPresent() ? " and resource = ?" : "");
        List<Object> parameters = new ArrayList<>(List.of(cursor.map(Long::parseLong).orElse(Long.MAX_VALUE)));
        resource.ifPresent(parameters::add);
        parameters.add(limit + 1);
        List<Numbered> rows = SqlErrorTranslator.translating(() -> jdbc.query(
                sql,
                (row, n) -> new Numbered(
                        row.getLong(1),
                        new AuditEntry(
                                row.getObject(2, OffsetDateTime.class).toInstant(),
                                Optional.ofNullable(row.getString(3)),
                                row.getString(4),
                                AuditEntry.Channel.values()[row.getInt(5)],
                                row.getString(6),
                                Optional.ofNullable(row.getString(7)),
                                row.getString(8),
                                row.getInt(9))),
                parameters.toArray()));
        List<Numbered> shown = rows.subList(0, Math.min(limit, rows.size()));
        return new Page<>(
                shown.stream().map(Numbered::entry).toList(),
                rows.size() > limit ? Optional.of(Long.toString(shown.getLast().id())) : Optional.empty());
    }

    /** Removes one set of entries from before a time, and returns their number; 0 = there are none. */
    public int removeBefore(Instant time) {
        return SqlErrorTranslator.translating(() -> transactions.inTransaction(() -> jdbc.update(
                """
                delete from audit_entry
                where id in (
                    select id from audit_entry where changed_at < ? order by changed_at limit %d)
                """.formatted(SET),
                time.atOffset(ZoneOffset.UTC))));
    }
}
