package dev.rowmq;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.constructors;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.queue.BulkOperations;
import dev.rowmq.queue.FanoutService;
import dev.rowmq.queue.delivery.RecentReceivers;
import dev.rowmq.queue.group.ReceiveAttempts;
import dev.rowmq.queue.QueueService;
import dev.rowmq.queue.audit.AuditTrail;
import dev.rowmq.queue.catalog.QueueScope;
import dev.rowmq.queue.maintenance.DatabaseBackup;
import dev.rowmq.queue.stream.StreamSubscriber;
import dev.rowmq.queue.subscription.SubscriptionAdmin;
import dev.rowmq.store.database.Partitions;
import dev.rowmq.store.database.SqlErrorTranslator;
import dev.rowmq.store.database.Transactions;
import dev.rowmq.store.jpa.messages.MessageReader;
import dev.rowmq.store.sql.QueueCounters;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

/** The drawing in the root package, proven. */
@AnalyzeClasses(packages = "dev.rowmq", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final int MAX_CLASSES = 12;
    private static final int MAX_PARAMETERS = 7;

    @ArchTest
    static final ArchRule data_flows_down = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("ways in")
            .definedBy("dev.rowmq.api..", "dev.rowmq.push..", "dev.rowmq.maintenance..", "dev.rowmq.observability..")
            .layer("queue")
            .definedBy("dev.rowmq.queue..")
            .layer("store")
            .definedBy("dev.rowmq.store..")
            .layer("model")
            .definedBy("dev.rowmq.model..")
            .whereLayer("ways in")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("queue")
            .mayOnlyBeAccessedByLayers("ways in")
            .whereLayer("store")
            .mayOnlyBeAccessedByLayers("queue")
            .whereLayer("model")
            .mayOnlyBeAccessedByLayers("ways in", "queue", "store");

    @ArchTest
    static final ArchRule ways_in_do_not_know_each_other =
            slices().matching("dev.rowmq.(api.*|push|maintenance|observability)..").should().notDependOnEachOther()
                    // what every front door stands on
                    .ignoreDependency(resideInAPackage("dev.rowmq.api.."), resideInAPackage("dev.rowmq.api.http.."));

    @ArchTest
    static final ArchRule packages_have_no_cycles =
            slices().matching("dev.rowmq.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule the_model_depends_on_no_framework = classes()
            .that()
            .resideInAPackage("dev.rowmq.model..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("dev.rowmq.model..", "java..");

    @ArchTest
    static final ArchRule sql_and_entities_stay_in_the_store = noClasses()
            .that()
            .resideOutsideOfPackage("dev.rowmq.store..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.persistence..", "java.sql..", "org.springframework.data..");

    @ArchTest
    static final ArchRule each_database_is_known_to_the_wiring_only = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.rowmq.store.h2", "dev.rowmq.store.postgres..", "dev.rowmq.store.setup", "dev.rowmq.store.move")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.rowmq.store.h2", "dev.rowmq.store.postgres..");

    @ArchTest
    static final ArchRule nothing_depends_on_the_wiring = noClasses()
            .that()
            .resideOutsideOfPackage("dev.rowmq.store.setup")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.rowmq.store.setup");

    @ArchTest
    static final ArchRule the_queue_service_uses_the_entry_points_of_the_store = noClasses()
            .that()
            .resideOutsideOfPackage("dev.rowmq.store..")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                            "dev.rowmq.store.database", "dev.rowmq.store.sql", "dev.rowmq.store.jpa..")
                    .and(not(simpleNameEndingWith("Store")))
                    .and(not(belongToAnyOf(
                            Partitions.class,
                            Transactions.class,
                            SqlErrorTranslator.class,
                            QueueCounters.class,
                            MessageReader.class))));

    @ArchTest
    static final ArchRule transactions_begin_in_queue_or_store = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.rowmq.api..",
                    "dev.rowmq.push..",
                    "dev.rowmq.maintenance..",
                    "dev.rowmq.observability..",
                    "dev.rowmq.model..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework.transaction..");

    @ArchTest
    static final ArchRule http_is_of_the_ways_in = noClasses()
            .that()
            .resideInAnyPackage("dev.rowmq.queue..", "dev.rowmq.store..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework.web..",
                    "org.springframework.http..",
                    "jakarta.servlet..",
                    "io.micrometer..",
                    "org.apache.hc..");

    @ArchTest
    static final ArchRule timers_are_of_the_ways_in = methods()
            .that()
            .areAnnotatedWith(org.springframework.scheduling.annotation.Scheduled.class)
            .should()
            .beDeclaredInClassesThat()
            .resideInAnyPackage("dev.rowmq.maintenance", "dev.rowmq.observability");

    @ArchTest
    static final ArchRule one_jackson =
            noClasses().should().dependOnClassesThat(resideInAPackage("com.fasterxml.jackson.databind.."));

    @ArchTest
    static final ArchRule controllers_know_only_the_doors = noClasses()
            .that()
            .resideInAnyPackage("dev.rowmq.api.rest..", "dev.rowmq.api.sqs..")
            .should()
            .dependOnClassesThat(resideInAPackage("dev.rowmq.queue..")
                    .and(not(resideInAnyPackage("dev.rowmq.queue.figures", "dev.rowmq.queue.task")))
                    .and(not(belongToAnyOf(
                            QueueService.class,
                            QueueScope.class,
                            AuditTrail.class,
                            FanoutService.class,
                            BulkOperations.class,
                            ReceiveAttempts.class,
                            RecentReceivers.class,
                            RecentReceivers.RecentReceiver.class,
                            DatabaseBackup.class,
                            DatabaseBackup.BackupFile.class,
                            StreamSubscriber.class,
                            SubscriptionAdmin.class))));

    @ArchTest
    static final ArchRule constructors_have_at_most_7_parameters = constructors()
            .that()
            .areDeclaredInClassesThat(describe("are no records", (JavaClass type) -> !type.isRecord()))
            .should(new ArchCondition<JavaConstructor>("have at most 7 parameters") {
                @Override
                public void check(JavaConstructor constructor, ConditionEvents events) {
                    int parameters = constructor.getRawParameterTypes().size();
                    if (parameters > MAX_PARAMETERS) {
                        events.add(SimpleConditionEvent.violated(
                                constructor, constructor.getFullName() + " has " + parameters));
                    }
                }
            });

    @ArchTest
    static void a_simple_name_means_one_type(JavaClasses all) {
        Map<String, List<String>> byName = all.stream()
                .filter(type -> !type.isAnonymousClass() && !type.getSimpleName().isEmpty()
                        && !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(
                        JavaClass::getSimpleName, Collectors.mapping(JavaClass::getName, Collectors.toList())));
        byName.values().removeIf(types -> types.size() == 1);
        assertThat(byName).isEmpty();
    }

    @Test
    void every_package_is_described_and_holds_at_most_12_classes() throws IOException {
        try (Stream<Path> folders = Files.walk(Path.of("src/main/java/dev/rowmq"))) {
            for (Path folder : folders.filter(Files::isDirectory).toList()) {
                try (Stream<Path> entries = Files.list(folder)) {
                    List<String> files = entries.map(entry -> entry.getFileName().toString())
                            .filter(name -> name.endsWith(".java"))
                            .toList();
                    assertThat(files).as(folder.toString()).hasSizeLessThanOrEqualTo(MAX_CLASSES + 1);
                    if (!files.isEmpty()) {
                        assertThat(files).as(folder.toString()).contains("package-info.java");
                    }
                }
            }
        }
    }
}
