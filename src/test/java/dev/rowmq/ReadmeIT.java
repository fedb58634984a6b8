package dev.rowmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.ServiceProcess;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A newcomer's path: the curl lines of the README, run in their order, must return the answers shown in the README. */
class ReadmeIT {

    private static final Pattern RECEIPT = Pattern.compile("\"receipt\":\"([^\"]+)\"");
    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d{2}-\\d{2}T[0-9:.]+Z");

    /** @param afterKill whether the README kills the service before this step */
    private record Step(String command, String answer, boolean afterKill) {}

    @Test
    void the_readme_tells_the_truth(@TempDir Path folder) throws Exception {
        List<Step> steps = steps();
        assertThat(steps).hasSizeGreaterThan(7);
        assertThat(steps).anyMatch(Step::afterKill);
        String receipt = "none";
        String told = "none";
        try (ServiceProcess service = new ServiceProcess(folder).start()) {
            for (Step step : steps) {
                if (step.afterKill()) {
                    service.kill();
                    service.start();
                }
                String command = step.command()
                        .replace("localhost:8080", "localhost:" + service.port())
                        .replace(told, receipt);

                String answer = run(command);

                assertThat(normal(answer)).as(step.command()).isEqualTo(normal(step.answer()));
                Matcher given = RECEIPT.matcher(answer);
                if (given.find() && receipt.equals("none")) {
                    receipt = given.group(1);
                    Matcher written = RECEIPT.matcher(step.answer());
                    assertThat(written.find()).isTrue();
                    told = written.group(1);
                }
            }
        }
    }

    private static List<Step> steps() throws IOException {
        List<Step> steps = new ArrayList<>();
        boolean inBlock = false;
        boolean kill = false;
        for (String line : Files.readAllLines(Path.of("README.md"))) {
            if (line.startsWith("```")) {
                inBlock = line.equals("```console");
            } else if (!inBlock) {
                kill |= line.contains("pkill -9");
            } else if (line.startsWith("$ ")) {
                steps.add(new Step(line.substring(2), "", kill));
                kill = false;
            } else {
                Step last = steps.removeLast();
                steps.add(last.command().endsWith("\\")
                        ? new Step(last.command() + "\n" + line, "", last.afterKill())
                        : new Step(last.command(), last.answer() + line, last.afterKill()));
            }
        }
        return steps;
    }

    private static String run(String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true).start();
        String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return answer;
    }

    private static String normal(String answer) {
        return RECEIPT.matcher(TIME.matcher(answer).replaceAll("TIME")).replaceAll("RECEIPT");
    }
}
