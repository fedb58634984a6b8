package dev.rowmq.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.springframework.util.FileSystemUtils;

/**
 * The content of the Docker image, built without Docker: the java commands of the Dockerfile, run on the jar that was
 * just built.
 */
public final class Image {

    private static final Path DOCKERFILE = Path.of("src/main/docker/Dockerfile");
    private static final String JAVA = ProcessHandle.current().info().command().orElseThrow();

    private static final String OPTIONS = "JDK_JAVA_OPTIONS";

    private static final Map<Path, Path> FOLDERS = new HashMap<>();

    private Image() {}

    /** The jar that was just built. */
    public static Path builtJar() {
        return Path.of(System.getProperty("rowmq.jar", "target/rowmq.jar")).toAbsolutePath();
    }

    /** The folder with the unpacked built jar and its trained cache. */
    public static Path folder() {
        return folder(builtJar());
    }

    /** The same folder for another jar, made at the first call. */
    public static synchronized Path folder(Path jar) {
        return FOLDERS.computeIfAbsent(jar, Image::make);
    }

    /** Test processes that run side by side share one folder: the first makes it, and the others wait for that. */
    private static Path make(Path jar) {
        String name = FOLDERS.isEmpty() ? "image" : "image-" + FOLDERS.size();
        Path folder = builtJar().resolveSibling(name);
        try (FileChannel lock = FileChannel.open(
                        builtJar().resolveSibling(name + ".lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
                FileLock held = lock.lock()) {
            Path source = folder.resolve("source");
            String version = jar + " " + Files.getLastModifiedTime(jar) + " " + Files.size(jar);
            if (!held.isValid() || !Files.exists(source) || !Files.readString(source).equals(version)) {
                make(jar, folder);
                Files.writeString(source, version);
            }
            return folder.resolve("rowmq");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void make(Path jar, Path folder) throws IOException {
        FileSystemUtils.deleteRecursively(folder);
        Files.createDirectories(folder);
        Files.copy(jar, folder.resolve("rowmq.jar"));
        List<List<String>> commands = lines("RUN java ");
        if (commands.size() != 2) {
            throw new IllegalStateException("the Dockerfile has " + commands.size() + " java commands and not 2");
        }
        run(folder, commands.get(0));
        Path rowmq = Files.createDirectory(folder.resolve("rowmq"));
        for (String layer : List.of("dependencies", "spring-boot-loader", "snapshot-dependencies", "application")) {
            copy(folder.resolve("layers").resolve(layer), rowmq);
        }
        run(rowmq, commands.get(1));
    }

    private static List<List<String>> lines(String beginning) throws IOException {
        return Files.readAllLines(DOCKERFILE).stream()
                .filter(line -> line.startsWith(beginning))
                .map(line -> List.of(line.substring(beginning.length()).split(" ")))
                .toList();
    }

    /** The arguments of java in the entry point of the Dockerfile. */
    public static List<String> entryPoint() {
        String line = line("ENTRYPOINT [");
        List<String> words = Arrays.stream(line.substring(line.indexOf('[') + 1, line.indexOf(']')).split(","))
                .map(word -> word.strip().replace("\"", ""))
                .toList();
        return words.subList(1, words.size());
    }

    /** The environment variable with the java options that the Dockerfile sets. */
    public static Map<String, String> environment() {
        String line = line("ENV " + OPTIONS + "=");
        return Map.of(OPTIONS, line.substring(line.indexOf('"') + 1, line.lastIndexOf('"')));
    }

    private static String line(String beginning) {
        try {
            return Files.readAllLines(DOCKERFILE).stream()
                    .filter(text -> text.startsWith(beginning))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        if (!Files.isDirectory(from)) {
            throw new IllegalStateException("the Dockerfile copies a layer that is not there: " + from.getFileName());
        }
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    private static void run(Path folder, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(JAVA));
        command.addAll(arguments);
        Path log = folder.resolve("build.log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment());
        Process process = builder.start();
        try {
            if (!process.waitFor(120, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " failed: " + Files.readString(log));
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stop);
        }
    }
}
