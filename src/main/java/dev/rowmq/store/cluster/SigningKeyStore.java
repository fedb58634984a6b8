package dev.rowmq.store.cluster;

import dev.rowmq.store.database.Transactions;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** The random key with which all instances on a database seal receipts and cursors. */
@Component
public class SigningKeyStore {

    private final JdbcTemplate jdbc;
    private final Transactions transactions;

    SigningKeyStore(JdbcTemplate jdbc, Transactions transactions) {
        this.jdbc = jdbc;
        this.transactions = transactions;
    }

    /** Returns 32 bytes, which the first call on a database creates. */
    public byte[] key() {
        return stored().orElseGet(() -> {
            byte[] fresh = new byte[32];
            new SecureRandom().nextBytes(fresh);
            try {
                transactions.inTransaction(() -> jdbc.update(
                        "insert into seal_key (id, secret) values (1, ?)",
                        HexFormat.of().formatHex(fresh)));
            } catch (DuplicateKeyException anotherWasFirst) {
                return stored().orElseThrow();
            }
            return fresh;
        });
    }

    private Optional<byte[]> stored() {
        List<String> found = jdbc.queryForList("select secret from seal_key where id = 1", String.class);
        return found.stream().findFirst().map(HexFormat.of()::parseHex);
    }
}
