package dev.rowmq;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Rules for source files and settings that no compiler checks. */
class SourceStyleTest {

    private static final int MAX_LINE = 120;
    private static final int MAX_README_LINES = 220;
    private static final Pattern TAG_IN_MID_LINE =
            Pattern.compile("^\\s*(/\\*\\*|\\*) .*\\S @(param|return|throws|see)\\b");

    private static Stream<Path> markdown() throws IOException {
        try (Stream<Path> docs = Files.list(Path.of("src/main/docs"))) {
            List<Path> texts = docs.filter(file -> !file.toString().endsWith(".svg")).toList();
            return Stream.concat(Stream.of(Path.of("README.md")), texts.stream());
        }
    }

    @Test
    void lines_of_java_and_markdown_keep_to_120_characters() throws IOException {
        List<String> tooLong = new ArrayList<>();
        for (Path file : Stream.concat(java(), markdown()).toList()) {
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).length() > MAX_LINE) {
                    tooLong.add(file + ":" + (i + 1));
                }
            }
        }
        assertThat(tooLong).isEmpty();
        assertThat(Files.readAllLines(Path.of("README.md"))).hasSizeLessThanOrEqualTo(MAX_README_LINES);
    }

    @Test
    void each_javadoc_tag_begins_its_line() throws IOException {
        List<String> hidden = new ArrayList<>();
        for (Path file : java().toList()) {
            Files.readAllLines(file).stream()
                    .filter(line -> TAG_IN_MID_LINE.matcher(line).find())
                    .forEach(line -> hidden.add(file + ": " + line.strip()));
        }
        assertThat(hidden).isEmpty();
    }

    @Test
    void every_setting_has_a_description() throws IOException {
        JsonNode metadata = new JsonMapper()
                .readTree(Files.readString(Path.of("target/classes/META-INF/spring-configuration-metadata.json")));
        List<String> settings = new ArrayList<>();
        List<String> undescribed = new ArrayList<>();
        metadata.path("properties").forEach(property -> {
            settings.add(property.path("name").asString());
            if (property.path("description").asString("").isBlank()) {
                undescribed.add(property.path("name").asString());
            }
        });
        assertThat(settings).contains("rowmq.queue.intake", "rowmq.rest.max-request-size", "rowmq.partitions");
        assertThat(undescribed).isEmpty();
    }

    private static Stream<Path> java() throws IOException {
        return Files.walk(Path.of("src")).filter(file -> file.toString().endsWith(".java"));
    }
}
