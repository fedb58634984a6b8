package dev.rowmq.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.support.TestDatabase;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.support.StaticWebApplicationContext;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import org.springframework.web.util.ServletRequestPathUtils;

class DirectRouteMappingTest {

    @Test
    void the_routes_of_the_hot_path_are_found_by_one_look_up() {
        DirectRouteMapping routes = (DirectRouteMapping)
                TestDatabase.H2.service().bean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class);
        for (String word : List.of("/messages", "/messages/batch", "/receive", "/ack", "/nack", "/extend")) {
            assertThat(routes.quick("POST", "/v1/queues/orders" + word)).as(word).hasValueSatisfying(
                    mapping -> assertThat(mapping.getPatternValues()).containsExactly("/v1/queues/{queue}" + word));
        }
        // Spring decides when the media type of the answer matters, when there are more variables, and when there is no
        // route
        assertThat(routes.quick("GET", "/v1/queues/orders/stream")).isEmpty();
        assertThat(routes.quick("GET", "/v1/queues/orders/messages/7")).isEmpty();
        assertThat(routes.quick("HEAD", "/v1/queues/orders")).isEmpty();
        assertThat(routes.quick("GET", "/v1/queues")).isEmpty();
    }

    @RestController
    static class Things {

        @GetMapping("/v1/things/{thing}")
        void one() {}

        @GetMapping("/v1/things/all")
        void all() {}

        @PostMapping("/v1/things/{thing}/parts")
        void parts() {}

        @PostMapping(path = "/v1/things/{thing}/parts", consumes = "application/x-ndjson")
        void partsByLine() {}

        @PostMapping("/v1/things/{thing}/sold")
        void sold() {}

        @PostMapping("/v1/{kind}/fixed/sold")
        void soldOfAKind() {}
    }

    @Test
    void every_request_comes_where_spring_alone_would_bring_it() throws Exception {
        List<String> different = new ArrayList<>();
        for (String verb : List.of("GET", "HEAD", "POST", "OPTIONS")) {
            for (String path : List.of(
                    "/v1/things/7",
                    "/v1/things/all",
                    "/v1/things/a%2Fb",
                    "/v1/things/",
                    "/v1/things",
                    "/v1/things/7/parts",
                    "/v1/things/7/sold",
                    "/v1/things/7/sold/",
                    "/v1/things/fixed/sold",
                    "/v1/fixed/fixed/sold",
                    "/v1//sold",
                    "/v2/things/7")) {
                for (String type : List.of("application/json", "application/x-ndjson")) {
                    String quick = found(new DirectRouteMapping(), verb, path, type);
                    if (!quick.equals(found(new RequestMappingHandlerMapping(), verb, path, type))) {
                        different.add(verb + " " + path + " " + type + ": " + quick);
                    }
                }
            }
        }
        assertThat(different).isEmpty();
        assertThat(found(new DirectRouteMapping(), "POST", "/v1/things/7/sold", "application/json"))
                .isEqualTo("sold {thing=7} /v1/things/{thing}/sold");
    }

    /** Returns the method, its variables and its pattern, or the reason why there is none. */
    private static String found(RequestMappingHandlerMapping routes, String verb, String path, String type) {
        StaticWebApplicationContext context = new StaticWebApplicationContext();
        context.registerSingleton("things", Things.class);
        routes.setApplicationContext(context);
        routes.afterPropertiesSet();
        MockHttpServletRequest request = new MockHttpServletRequest(verb, path);
        request.setContentType(type);
        ServletRequestPathUtils.parseAndCache(request);
        try {
            var chain = routes.getHandler(request);
            return chain == null
                    ? "none"
                    : (chain.getHandler() instanceof HandlerMethod method
                                    ? method.getMethod().getName()
                                    : chain.getHandler().getClass().getSimpleName())
                            + " " + request.getAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE)
                            + " " + request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE);
        } catch (Exception refused) {
            return refused.getClass().getSimpleName();
        }
    }
}
