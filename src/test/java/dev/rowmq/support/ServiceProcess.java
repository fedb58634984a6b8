package dev.rowmq.support;

import dev.rowmq.RowMqApplication;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The service as its users run it, in a process of its own that can be killed; see {@link Image}. */
public final class ServiceProcess implements AutoCloseable {

    private final List<String> command = new ArrayList<>();
    private final Path folder;
    private final int port;
    private final Map<String, String> environment;
    private Path jar = Image.builtJar();
    private Process process;

    public ServiceProcess(Path folder, String... settings) {
        this(folder, Map.of(), settings);
    }

    public ServiceProcess(Path folder, Map<String, String> environment, String... settings) {
        this(folder, environment, "256m", List.of(), settings);
    }

    /**
     * @param heap   heap size, in the format of -Xmx
     * @param beside folders with classes that are added to the class path after the jar
     */
    public ServiceProcess(
            Path folder, Map<String, String> environment, String heap, List<Path> beside, String... settings) {
        this.folder = folder;
        this.environment = environment;
        this.port = freePort();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        for (String argument : Image.entryPoint()) {
            command.add(argument.startsWith("-XX:MaxRAMPercentage") ? "-Xmx" + heap : argument);
        }
        if (!beside.isEmpty()) {
            int jar = command.indexOf("-jar");
            String classes = beside.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
            command.set(jar, "-cp");
            command.set(jar + 1, command.get(jar + 1) + File.pathSeparator + classes);
            command.add(RowMqApplication.class.getName());
        }
        command.add("--server.port=" + port);
        command.add("--spring.datasource.url=jdbc:h2:file:" + folder.resolve("data/rowmq") + ";DB_CLOSE_ON_EXIT=FALSE");
        for (String setting : settings) {
            command.removeIf(other -> other.startsWith("--" + setting.substring(0, setting.indexOf('=') + 1)));
            command.add("--" + setting);
        }
    }

    /**
     * Copies classes of the tests to a folder that can be added to the class path of the service.
     *
     * @param folder where to create the folder
     */
    public static Path beside(Path folder, Class<?>... some) throws IOException {
        Path classes = folder.resolve("classes");
        for (Class<?> one : some) {
            String name = one.getName().replace('.', '/') + ".class";
            Path file = classes.resolve(name);
            Files.createDirectories(file.getParent());
            try (InputStream bytes = one.getClassLoader().getResourceAsStream(name)) {
                Files.copy(bytes, file);
            }
        }
        return classes;
    }

    /** Runs this jar instead of the one that was just built. Call it before the start. */
    public ServiceProcess of(Path jar) {
        this.jar = jar;
        return this;
    }

    static int freePort() {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Starts the process and returns at once. */
    public ServiceProcess launch() {
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(Image.folder(jar).toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
            builder.environment().putAll(Image.environment());
            builder.environment().putAll(environment);
            process = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            return this;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Starts the process and waits until it is ready. */
    public ServiceProcess start() {
        launch();
        Eventually.within(Duration.ofSeconds(180), "ready; its log: " + log(), () -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("ended: " + logText());
            }
            return http().get("/actuator/health/readiness").status() == 200;
        });
        return this;
    }

    public Http http() {
        return new Http("http://127.0.0.1:" + port);
    }

    public int port() {
        return port;
    }

    /** Processor time used since the start. */
    public Duration processorTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** Resident memory in bytes; 0 where the system has no /proc. */
    public long residentBytes() {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.exists(status)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Path log() {
        return folder.resolve("service.log");
    }

    public String logText() {
        try {
            return Files.readString(log());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** kill -9. */
    public void kill() {
        process.destroyForcibly();
        await(Duration.ofSeconds(10));
    }

    /** Freezes the process, as in a long collection or while a virtual machine is moved. */
    public void freeze() {
        Signals.send("STOP", List.of(process.pid()));
    }

    public void thaw() {
        Signals.send("CONT", List.of(process.pid()));
    }

    /** SIGTERM, as in an orderly stop. Returns the exit code. */
    public int stop() {
        process.destroy();
        return await(Duration.ofSeconds(40));
    }

    public int await(Duration time) {
        try {
            if (!process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the process did not end within " + time);
            }
            return process.exitValue();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stop);
        }
    }

    @Override
    public void close() {
        if (process != null && process.isAlive()) {
            kill();
        }
    }
}
