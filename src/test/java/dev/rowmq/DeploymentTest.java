package dev.rowmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.Image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/**
 * Reads docker-compose.yml without running it, as there is no Docker where these tests run. The IT tests run the
 * commands of the Dockerfile.
 */
class DeploymentTest {

    private static final String DIGEST = "@sha256:[0-9a-f]{64}";

    private final Map<String, Object> services = map(load().get("services"));

    private static Map<String, Object> load() {
        try {
            return new Yaml().load(Files.readString(Path.of("docker-compose.yml")));
        } catch (IOException missing) {
            throw new java.io.UncheckedIOException(missing);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    @Test
    void every_image_is_pinned_by_digest() {
        assertThat(services).allSatisfy((name, service) -> {
            Object image = map(service).get("image");
            assertThat(image.equals("rowmq") || image.toString().matches("[a-z:.0-9-]+" + DIGEST)).as(name).isTrue();
        });
    }

    @Test
    void the_service_waits_for_a_healthy_postgresql_18() {
        assertThat(map(services.get("postgres")).get("image").toString()).startsWith("postgres:18.");
        assertThat(map(services.get("postgres"))).containsKey("healthcheck");
        assertThat(map(map(map(services.get("rowmq")).get("depends_on")).get("postgres")).get("condition"))
                .isEqualTo("service_healthy");
    }

    @Test
    void a_key_is_required_and_no_secret_is_in_the_file() {
        Map<String, Object> environment = map(map(services.get("rowmq")).get("environment"));
        assertThat(environment.get("ROWMQ_SECURITY_APIKEYS_0_SECRET").toString()).startsWith("${ROWMQ_KEY:?");
        assertThat(environment.get("SPRING_DATASOURCE_PASSWORD").toString()).startsWith("${ROWMQ_DB_PASSWORD_0:?");
        assertThat(environment.get("SPRING_DATASOURCE_USERNAME")).as("not the superuser").isNotEqualTo(
                map(map(services.get("postgres")).get("environment")).get("POSTGRES_USER"));
        assertThat(map(map(services.get("postgres")).get("environment")).get("POSTGRES_PASSWORD").toString())
                .startsWith("${POSTGRES_PASSWORD:?");
        assertThat(map(services.get("rowmq")).get("ports")).isEqualTo(List.of("127.0.0.1:8080:8080"));
    }

    @Test
    void the_cluster_is_three_instances_on_two_databases_behind_a_proxy() throws IOException {
        assertThat(services.entrySet().stream()
                        .filter(service -> map(service.getValue()).containsKey("profiles"))
                        .map(Map.Entry::getKey))
                .containsExactlyInAnyOrder("postgres-1", "rowmq-1", "rowmq-2", "rowmq-3", "proxy");
        for (String instance : List.of("rowmq-1", "rowmq-2", "rowmq-3")) {
            Map<String, Object> environment = map(map(services.get(instance)).get("environment"));
            assertThat(environment.get("ROWMQ_PARTITIONS_0_URL")).isEqualTo("jdbc:postgresql://postgres:5432/rowmq");
            assertThat(environment.get("ROWMQ_PARTITIONS_1_URL")).isEqualTo("jdbc:postgresql://postgres-1:5432/rowmq");
            assertThat(environment.get("ROWMQ_SECURITY_APIKEYS_0_SECRET").toString()).startsWith("${ROWMQ_KEY:?");
            assertThat(Files.readString(Path.of("src/main/docker/proxy.conf")))
                    .contains("server " + instance + ":8080");
        }
        assertThat(map(services.get("rowmq")).containsKey("profiles"))
                .as("the one instance needs no profile")
                .isFalse();
    }

    @Test
    void every_service_is_hardened_and_each_database_has_a_password_of_its_own() throws IOException {
        services.forEach((name, service) -> {
            Map<String, Object> settings = map(service);
            assertThat(settings.get("read_only")).as(name).isEqualTo(true);
            assertThat(settings.get("cap_drop")).as(name).isEqualTo(List.of("ALL"));
            assertThat(settings.get("security_opt")).as(name).isEqualTo(List.of("no-new-privileges:true"));
            assertThat(settings).as(name).containsKeys("pids_limit", "mem_limit");
        });
        assertThat(List.of("postgres", "postgres-1"))
                .extracting(name -> map(map(services.get(name)).get("environment")).get("ROWMQ_DB_PASSWORD"))
                .doesNotHaveDuplicates().doesNotContainNull();
        String script = Files.readString(Path.of("src/main/docker/database.sh"));
        assertThat(script).contains("create role rowmq login", "owner rowmq").doesNotContain("superuser\n");
        List<String> lines = Files.readAllLines(Path.of("src/main/docker/Dockerfile"));
        assertThat(lines.indexOf("USER rowmq")).as("files are root's").isGreaterThan(lines.lastIndexOf(
                lines.stream().filter(line -> line.startsWith("COPY --from=layers")).toList().getLast()));
        assertThat(lines).noneMatch(line -> line.contains("--chown"));
    }

    @Test
    void the_image_is_built_from_the_projects_dockerfile_and_does_not_run_as_root() throws IOException {
        Object dockerfile = map(map(services.get("rowmq")).get("build")).get("dockerfile");
        List<String> lines = Files.readAllLines(Path.of(dockerfile.toString()));
        assertThat(lines).contains("USER rowmq");
        assertThat(lines.stream().filter(line -> line.startsWith("FROM ")))
                .allMatch(line -> line.matches("FROM eclipse-temurin:25-j(dk|re)" + DIGEST + "( AS \\w+)?"));
        assertThat(lines).anyMatch(line -> line.contains("/actuator/health/readiness"));
        assertThat(lines).anyMatch(line -> line.startsWith("ENTRYPOINT") && line.contains("-XX:AOTCache=rowmq.aot"));
        assertThat(lines.indexOf("ENV JDK_JAVA_OPTIONS=\"" + Image.environment().get("JDK_JAVA_OPTIONS") + "\""))
                .as("the options are set before the cache is trained that they have to fit")
                .isLessThan(lines.indexOf(lines.stream()
                        .filter(line -> line.contains("AOTCacheOutput"))
                        .findFirst()
                        .orElseThrow()));
    }
}
