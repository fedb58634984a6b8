package dev.rowmq.contract.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rowmq.support.TestDatabase;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of Amazon SQS in other languages, each a program of {@code src/test/clients} that checks its own results. */
@Tag("long")
@ParameterizedClass
@EnumSource(value = TestDatabase.class, names = {"H2", "POSTGRESQL"})
class SqsClientsIT {

    private static final Path CLIENTS = Path.of("src/test/clients").toAbsolutePath();
    private static final int SECONDS = 120;

    private final String endpoint;

    SqsClientsIT(TestDatabase database) {
        this.endpoint = database.service().http().base();
    }

    /** Debian's boto3 speaks the Query protocol, a newer one AWS JSON 1.0. */
    @ParameterizedTest
    @ValueSource(strings = {"python3", "/usr/bin/python3"})
    void boto3(String python, @TempDir Path folder) throws Exception {
        assumeThat(python, "import boto3", "boto3");
        run(folder, Map.of(), python, "-B", CLIENTS.resolve("boto3_client.py").toString(), endpoint);
    }

    @Test
    void javascript(@TempDir Path folder) throws Exception {
        Path modules = Path.of("target/npm").toAbsolutePath();
        assumeTrue(
                Files.isDirectory(modules.resolve("node_modules/sqs-consumer")),
                "the npm packages @aws-sdk/client-sqs and sqs-consumer are not installed, see .ci/run");
        // modules are looked up beside the program
        Path program = Files.copy(
                CLIENTS.resolve("client_sqs.mjs"), modules.resolve("client_sqs.mjs"),
                StandardCopyOption.REPLACE_EXISTING);
        run(folder, Map.of(), "node", program.toString(), endpoint);
    }

    @Test
    void celery(@TempDir Path folder) throws Exception {
        String python = "/usr/bin/python3";
        assumeThat(python, "import celery, boto3, pycurl", "Celery");
        Map<String, String> settings = Map.of(
                "ROWMQ_URL", endpoint,
                "ROWMQ_QUEUE", "celery-" + UUID.randomUUID(),
                "ROWMQ_RESULTS", Files.createDirectory(folder.resolve("results")).toString(),
                "PYTHONPATH", CLIENTS.toString(),
                "PYTHONDONTWRITEBYTECODE", "1");
        Process worker = start(
                folder.resolve("worker.log"), settings, python, "-m", "celery", "-A", "celery_tasks", "worker",
                "--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat");
        try {
            run(folder, settings, python, CLIENTS.resolve("celery_tasks.py").toString());
        } finally {
            worker.destroyForcibly().waitFor();
        }
    }

    private static void assumeThat(String python, String imports, String name) throws Exception {
        boolean there;
        try {
            Process process = new ProcessBuilder(python, "-c", imports)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            there = process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException missing) {
            there = false;
        }
        assumeTrue(there, name + " is not installed for " + python);
    }

    private static void run(Path folder, Map<String, String> settings, String... command) throws Exception {
        Path log = folder.resolve("client.log");
        Process process = start(log, settings, command);
        try {
            assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as("it ends: " + Files.readString(log)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static Process start(Path log, Map<String, String> settings, String... command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(settings);
        return builder.start();
    }
}
