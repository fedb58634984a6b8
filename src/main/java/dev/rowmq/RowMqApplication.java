package dev.rowmq;

import dev.rowmq.model.error.OutOfMemory;
import dev.rowmq.store.move.MoveCommand;

import java.util.List;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** Starts the service, or with the first argument {@code move} the move to another database. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class RowMqApplication {

    public static void main(String[] args) {
        OutOfMemory.endsTheProcess();
        if (args.length > 0 && args[0].equals(MoveCommand.NAME)) {
            System.exit(MoveCommand.run(List.of(args).subList(1, args.length), System.out));
        }
        SpringApplication.run(RowMqApplication.class, args);
    }
}
