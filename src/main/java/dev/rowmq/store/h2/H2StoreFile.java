package dev.rowmq.store.h2;

import dev.rowmq.store.database.StoreStartException;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/**
 * The file of an H2 database, checked before H2 opens it. H2 opens a truncated file as an older version of itself or as
 * a new database, and reports no error. For this reason the version that was last made durable is recorded in a small
 * file beside it ({@code rowmq.synced}): after each checkpoint, through a mapped page, which survives the process and
 * costs a microsecond. As it is written after the checkpoint, the recorded version is never ahead of the file on disk.
 */
final class H2StoreFile {

    private static final String SUFFIX = ".mv.db";
    private static final String NOTE = ".synced";
    private static final int NOTE_BYTES = 4096;
    private static final long MAGIC = 0x526f774d51483232L;
    /** Bytes of two header blocks. A shorter file is not an H2 file, or the process ended while it was created. */
    private static final long SHORTEST = 8192;
    private static final long NO_NOTE = -1;

    private static final Set<PosixFilePermission> OWNER_ONLY =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private final Path file;
    private final Path note;
    private MappedByteBuffer page;

    private H2StoreFile(Path database) {
        this.file = database.resolveSibling(database.getFileName() + SUFFIX);
        this.note = database.resolveSibling(database.getFileName() + NOTE);
    }

    /** The file of the url; empty for a database in memory, on another machine or in a zip file. */
    static Optional<H2StoreFile> of(String url) {
        String rest = url.substring("jdbc:h2:".length()).split(";", 2)[0];
        if (rest.startsWith("mem:") || rest.startsWith("tcp:") || rest.startsWith("ssl:") || rest.startsWith("zip:")) {
            return Optional.empty();
        }
        String path = rest.startsWith("file:") ? rest.substring("file:".length()) : rest;
        return Optional.of(new H2StoreFile(
                Path.of(path.replaceFirst("^~", System.getProperty("user.home"))).toAbsolutePath()));
    }

    /** The file of an open database. */
    static H2StoreFile ofFile(Path file) {
        String name = file.getFileName().toString();
        return new H2StoreFile(file.toAbsolutePath()
                .resolveSibling(name.substring(0, name.length() - SUFFIX.length())));
    }

    /** @throws StoreStartException when the file does not exist */
    void require() {
        if (!Files.exists(file)) {
            throw new StoreStartException(
                    "RowMQ looked for its database file " + file,
                    "there is no such file",
                    "Correct the path in the URL.");
        }
    }

    /** @throws StoreStartException when the file is damaged or incomplete; the file is left unchanged */
    void check() {
        try {
            long noted = noted();
            if (!Files.exists(file) || Files.size(file) == 0) {
                if (noted > 0) {
                    throw damaged("it is missing or empty, and was at version %d".formatted(noted));
                }
                Files.createDirectories(file.getParent());
                write(0);
                return;
            }
            if (Files.size(file) < SHORTEST) {
                if (noted != 0) {
                    throw damaged("it has %d bytes, which no whole file has".formatted(Files.size(file)));
                }
                // its creation was cut short: nothing was accepted yet
                Files.delete(file);
                return;
            }
            long version = version();
            if (version == NO_NOTE) {
                return;
            }
            if (noted > 0 && version < noted) {
                throw damaged("its end is missing, or it is an older copy: it is at version %d and was at %d".formatted(
                        version, noted));
            }
            if (noted == NO_NOTE && !hasOurTables(version)) {
                throw damaged("it has no tables of RowMQ");
            }
        } catch (IOException failure) {
            throw damaged(failure.toString());
        }
    }

    /**
     * The version that H2 would open; {@link #NO_NOTE} when another process has the file open, for which H2 itself
     * reports the clearest error.
     */
    private long version() {
        MVStore store;
        try {
            store = new MVStore.Builder().fileName(file.toString()).readOnly().autoCommitDisabled().open();
        } catch (MVStoreException failure) {
            if (failure.getErrorCode() == DataUtils.ERROR_FILE_LOCKED) {
                return NO_NOTE;
            }
            throw damaged(failure.getMessage());
        }
        try {
            return store.getFileStore().lastChunkVersion();
        } finally {
            store.closeImmediately();
        }
    }

    /**
     * Whether a file without a recorded version has tables of RowMQ: versions of RowMQ before this record wrote such
     * files. True when the tables cannot be read.
     */
    private boolean hasOurTables(long version) {
        if (version == 0) {
            return false;
        }
        String url = "jdbc:h2:file:" + file.toString().substring(0, file.toString().length() - SUFFIX.length())
                + ";ACCESS_MODE_DATA=r;IFEXISTS=TRUE;TRACE_LEVEL_FILE=0";
        try (Connection connection = DriverManager.getConnection(url, new Properties());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "select count(*) from information_schema.tables where lower(table_name) in ('queue', "
                                + "'queue_counter')")) {
            row.next();
            return row.getInt(1) == 2;
        } catch (SQLException failure) {
            // a user, a password or a cipher: H2 itself reports the clearest error when it opens the file
            return true;
        }
    }

    private StoreStartException damaged(String why) {
        return new StoreStartException(
                "RowMQ looked at its database file " + file + " before opening it",
                "it is not whole, and was left as it is: " + why,
                ("Keep a copy of the file. Put a backup in its place, or recover what is there with H2's "
                        + "org.h2.tools.Recover (java -cp h2.jar org.h2.tools.Recover -dir %s). Whenever the file "
                        + "was replaced on purpose, delete %s beside it.")
                        .formatted(file.getParent(), note.getFileName()));
    }

    private long noted() throws IOException {
        if (!Files.exists(note) || Files.size(note) < NOTE_BYTES) {
            return NO_NOTE;
        }
        try (RandomAccessFile in = new RandomAccessFile(note.toFile(), "r")) {
            return in.readLong() == MAGIC ? in.readLong() : NO_NOTE;
        }
    }

    /** Records that all changes through this version are on disk. */
    synchronized void synced(long version) {
        try {
            if (page == null) {
                write(version);
            }
            page.putLong(Long.BYTES, version);
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }

    private void write(long version) throws IOException {
        if (page == null) {
            try (RandomAccessFile out = new RandomAccessFile(note.toFile(), "rw")) {
                if (out.length() < NOTE_BYTES) {
                    // real bytes: a page of a sparse file may find no free disk space later
                    out.write(new byte[NOTE_BYTES]);
                }
                page = out.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, NOTE_BYTES);
            }
            page.putLong(0, MAGIC);
            page.putLong(Long.BYTES, version);
            page.force();
            ownerOnly(note);
        }
        page.putLong(Long.BYTES, version);
    }

    /** Restricts the file to its owner: no other user of the machine may read messages. */
    void ownerOnly() {
        ownerOnly(file);
    }

    static void ownerOnly(Path path) {
        try {
            if (Files.exists(path) && path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(path, OWNER_ONLY);
            }
        } catch (IOException notOurs) {
            // the file has another owner, who decides on its permissions; this process may use it
        }
    }

    /** Bytes that can still be written on the disk of the file. */
    long usableSpace() {
        return file.getParent().toFile().getUsableSpace();
    }
}
