package dev.rowmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rowmq.support.RunningService;
import dev.rowmq.support.TestDatabase;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that the build generated of the OpenAPI document compiles, and sends, receives and acks a batch. */
class GeneratedClientIT {

    private static final Path CLIENT = Path.of("target/generated-client/src/main/java");

    @TempDir
    private Path classes;

    @Test
    void a_generated_client_sends_receives_and_acks_a_batch() throws Exception {
        assumeTrue(
                Files.exists(CLIENT.resolve("client/api/MessagesApi.java")),
                "the client is generated of the document that OpenApiTest writes, which did not run");
        compile();
        try (RunningService service = new RunningService(TestDatabase.H2.freshUrl());
                URLClassLoader loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
            Class<?> roundTrip = loader.loadClass("RoundTrip");
            roundTrip
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) new String[] {service.http().base()});
        }
    }

    private void compile() throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                Stream<Path> sources = Files.walk(CLIENT)) {
            List<Path> all = Stream.concat(sources, Stream.of(Path.of("src/test/client/RoundTrip.java")))
                    .filter(file -> file.toString().endsWith(".java"))
                    .toList();
            List<String> options = List.of(
                    "-proc:none",
                    "-nowarn",
                    "-d",
                    classes.toString(),
                    "-classpath",
                    System.getProperty("java.class.path"));
            boolean compiled = compiler.getTask(
                            errors, files, null, options, null, files.getJavaFileObjectsFromPaths(all))
                    .call();
            assertThat(compiled).as(errors.toString()).isTrue();
        }
    }
}
