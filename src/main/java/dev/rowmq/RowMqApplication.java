package dev.rowmq;

import dev.rowmq.model.error.OutOfMemory;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** Starts the service. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class RowMqApplication {

    public static void main(String[] args) {
        OutOfMemory.endsTheProcess();
        SpringApplication.run(RowMqApplication.class, args);
    }
}
