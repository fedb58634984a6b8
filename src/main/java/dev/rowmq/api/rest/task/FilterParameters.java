package dev.rowmq.api.rest.task;

import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks a list that can be filtered by the query parameters that {@link FilterRequest#ofQuery} reads. */
@Parameter(
        name = "text",
        in = ParameterIn.QUERY,
        description = "1 to 1000 characters that the body has in it, as it is stored. With this or another condition"
                + " the list is searched for half a second; `looked` says how far it came, and the next page goes on"
                + " from there.",
        schema = @Schema(type = "string"))
@Parameter(
        name = "metadata",
        in = ParameterIn.QUERY,
        description = "an entry that the message has, as name=value; may be repeated",
        array = @ArraySchema(schema = @Schema(type = "string", example = "type=order.created")))
@Parameter(name = "group", in = ParameterIn.QUERY, schema = @Schema(type = "string"))
@Parameter(name = "priority", in = ParameterIn.QUERY, schema = @Schema(type = "integer"))
@Parameter(
        name = "olderThan",
        in = ParameterIn.QUERY,
        description = "time since the message was sent, or became a dead letter",
        schema = @Schema(type = "string", example = "1h"))
@Parameter(
        name = "error",
        in = ParameterIn.QUERY,
        description = "1 to 1000 characters that the last error has in it",
        schema = @Schema(type = "string"))
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface FilterParameters {}
