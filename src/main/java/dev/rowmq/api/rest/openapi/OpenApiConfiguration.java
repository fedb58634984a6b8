package dev.rowmq.api.rest.openapi;

import dev.rowmq.api.rest.error.ProblemResponse;
import dev.rowmq.model.error.ErrorCode;

import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.examples.Example;
import io.swagger.v3.oas.models.headers.Header;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.info.License;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.responses.ApiResponses;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.customizers.OperationCustomizer;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

import tools.jackson.databind.json.JsonMapper;

/** Adds to the generated OpenAPI document: the statuses of each call, and the error codes of each status. */
@Configuration(proxyBeanMethods = false)
class OpenApiConfiguration {

    private static final String EVENTS = "text/event-stream";
    private static final String PROBLEM = "application/problem+json";

    @Bean
    OpenAPI document(@Value("${spring.application.version}") String version) {
        Components components = new Components()
                .addSecuritySchemes(
                        "key",
                        new SecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme("bearer")
                                .description("an API key; not needed while none is configured"));
        ModelConverters.getInstance(true).readAll(ProblemResponse.class).forEach(components::addSchemas);
        return new OpenAPI()
                .info(new Info()
                        .title("RowMQ")
                        .version(version)
                        .description("A durable message queue on the database you already have.")
                        .license(new License().name("Apache License 2.0").identifier("Apache-2.0")))
                .components(components)
                .addSecurityItem(new SecurityRequirement().addList("key"));
    }

    @Bean
    OperationCustomizer statuses(JsonMapper json) {
        return (operation, method) -> {
            RequestExample asked = method.getMethodAnnotation(RequestExample.class);
            if (asked != null) {
                Object example = json.readValue(asked.value(), Object.class);
                operation.getRequestBody().getContent().values().forEach(type -> type.setExample(example));
            }
            Statuses status = method.getMethodAnnotation(Statuses.class);
            if (status != null) {
                Events events = method.getMethodAnnotation(Events.class);
                Optional<Content> body = events == null ? json(operation) : Optional.of(eventsOf(events));
                operation.setResponses(responses(operation, status.value(), body));
            }
            return operation;
        };
    }

    /**
     * Adds the schemas of the event data. OpenAPI 3.1 has no schema for the events of a stream, so the description of
     * the stream names these schemas.
     */
    @Bean
    OpenApiCustomizer events(List<RequestMappingHandlerMapping> mappings) {
        return document -> mappings.stream()
                .flatMap(mapping -> mapping.getHandlerMethods().values().stream())
                .map(method -> method.getMethodAnnotation(Events.class))
                .filter(Objects::nonNull)
                .flatMap(events -> Arrays.stream(events.value()))
                .forEach(type ->
                        ModelConverters.getInstance(true).readAll(type).forEach(document.getComponents()::addSchemas));
    }

    /**
     * A body is any JSON value: its schema has no type. Generators of clients make an untyped value of it, while a list
     * of all types, which means the same, makes many of them fail.
     */
    @Bean
    OpenApiCustomizer untypedBodies() {
        return document -> document.getComponents().getSchemas().values().stream()
                .filter(schema -> schema.getProperties() != null)
                .map(schema -> (Schema<?>) schema.getProperties().get("body"))
                .filter(Objects::nonNull)
                .forEach(body -> {
                    body.setType(null);
                    body.setTypes(null);
                });
    }

    private static Content eventsOf(Events events) {
        String names = Arrays.stream(events.value())
                .map(type -> "#/components/schemas/"
                        + type.getAnnotation(io.swagger.v3.oas.annotations.media.Schema.class)
                                .name())
                .collect(Collectors.joining(", "));
        StringSchema text = new StringSchema();
        text.setDescription("Server-Sent Events; the data of those with fields is JSON: " + names);
        return new Content().addMediaType(EVENTS, new MediaType().schema(text));
    }

    private static Optional<Content> json(Operation operation) {
        return operation.getResponses().values().stream()
                .map(ApiResponse::getContent)
                .filter(content -> content != null && content.containsKey("application/json"))
                .findFirst();
    }

    private static ApiResponses responses(Operation operation, int[] declared, Optional<Content> body) {
        TreeSet<Integer> all = new TreeSet<>(List.of(401, 403, 406, 500, 503));
        if (operation.getRequestBody() != null) {
            all.add(415);
        }
        Arrays.stream(declared).forEach(all::add);
        ApiResponses responses = new ApiResponses();
        for (int status : all) {
            responses.addApiResponse(
                    Integer.toString(status), status < 300 ? success(status, body) : problem(status));
        }
        return responses;
    }

    private static ApiResponse success(int status, Optional<Content> body) {
        ApiResponse response = new ApiResponse().description(HttpStatus.valueOf(status).getReasonPhrase());
        return status == 204 ? response : response.content(body.orElse(null));
    }

    private static ApiResponse problem(int status) {
        Map<String, Example> examples = new LinkedHashMap<>();
        for (ErrorCode code : ErrorCode.values()) {
            if (ProblemResponse.status(code).value() == status) {
                examples.put(code.name(), new Example().value(example(code)));
            }
        }
        MediaType type = new MediaType().schema(new Schema<>().$ref("#/components/schemas/Problem")).examples(examples);
        ApiResponse response = new ApiResponse()
                .description(HttpStatus.valueOf(status).getReasonPhrase())
                .content(new Content().addMediaType(PROBLEM, type));
        if (status == 429 || status == 503) {
            response.addHeaderObject(
                    "Retry-After",
                    new Header().schema(new StringSchema()).description("seconds after which to try again"));
        }
        return response;
    }

    private static Map<String, Object> example(ErrorCode code) {
        HttpStatus status = ProblemResponse.status(code);
        Map<String, Object> example = new LinkedHashMap<>();
        example.put("type", ProblemResponse.type(code));
        example.put("title", status.getReasonPhrase());
        example.put("status", status.value());
        example.put("code", code.name());
        example.put("detail", "the error, the allowed range and the next step");
        return example;
    }
}
