package dev.rowmq;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.LongTasks;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.Subscriber;
import dev.rowmq.queue.Subscriptions;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

/** The drawing in the root package, proven. */
@AnalyzeClasses(packages = "dev.rowmq", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule data_flows_down = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("ways in")
            .definedBy("dev.rowmq.api..", "dev.rowmq.push..", "dev.rowmq.maintenance..", "dev.rowmq.metrics..")
            .layer("queue")
            .definedBy("dev.rowmq.queue..")
            .layer("store")
            .definedBy("dev.rowmq.store..")
            .layer("message")
            .definedBy("dev.rowmq.message..")
            .whereLayer("ways in")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("queue")
            .mayOnlyBeAccessedByLayers("ways in")
            .whereLayer("store")
            .mayOnlyBeAccessedByLayers("queue")
            .whereLayer("message")
            .mayOnlyBeAccessedByLayers("ways in", "queue", "store");

    @ArchTest
    static final ArchRule ways_in_do_not_know_each_other =
            slices().matching("dev.rowmq.(api.*|push|maintenance|metrics)..").should().notDependOnEachOther()
                    // what every front door stands on
                    .ignoreDependency(resideInAPackage("dev.rowmq.api.."), resideInAPackage("dev.rowmq.api.http"));

    @ArchTest
    static final ArchRule the_ground_knows_no_framework = classes()
            .that()
            .resideInAPackage("dev.rowmq.message")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("dev.rowmq.message", "java..");

    @ArchTest
    static final ArchRule sql_and_entities_stay_in_the_store = noClasses()
            .that()
            .resideOutsideOfPackage("dev.rowmq.store")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.persistence..", "java.sql..", "org.springframework.data..");

    @ArchTest
    static final ArchRule transactions_begin_in_queue_or_store = noClasses()
            .that()
            .resideInAnyPackage("dev.rowmq.api..", "dev.rowmq.push..", "dev.rowmq.maintenance..", "dev.rowmq.metrics..", "dev.rowmq.message..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework.transaction..");

    @ArchTest
    static final ArchRule http_is_of_the_ways_in = noClasses()
            .that()
            .resideInAnyPackage("dev.rowmq.queue..", "dev.rowmq.store..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework.web..", "org.springframework.http..", "jakarta.servlet..", "io.micrometer..", "org.apache.hc..");

    @ArchTest
    static final ArchRule timers_are_of_the_ways_in = methods()
            .that()
            .areAnnotatedWith(org.springframework.scheduling.annotation.Scheduled.class)
            .should()
            .beDeclaredInClassesThat()
            .resideInAnyPackage("dev.rowmq.maintenance", "dev.rowmq.metrics");

    @ArchTest
    static final ArchRule one_jackson =
            noClasses().should().dependOnClassesThat(resideInAPackage("com.fasterxml.jackson.databind.."));

    @ArchTest
    static final ArchRule controllers_know_only_the_doors = noClasses()
            .that()
            .resideInAPackage("dev.rowmq.api.rest")
            .should()
            .dependOnClassesThat(resideInAPackage("dev.rowmq.queue")
                    .and(not(belongToAnyOf(QueueService.class, LongTasks.class, Subscriber.class, Subscriptions.class))));

    @Test
    void every_package_has_a_sign() throws IOException {
        try (Stream<Path> folders = Files.walk(Path.of("src/main/java/dev/rowmq"))) {
            List<Path> unsigned = folders.filter(Files::isDirectory)
                    .filter(folder -> !folder.endsWith("api"))
                    .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
                    .toList();
            assertThat(unsigned).isEmpty();
        }
    }
}
