package dev.rowmq.api.rest;

import jakarta.servlet.http.HttpServletRequest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.springframework.boot.webmvc.autoconfigure.WebMvcRegistrations;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/**
 * Finds the handler method for paths such as {@code /v1/queues/{queue}/receive} by one map lookup. For a path with a
 * variable, Spring tries every route one after the other, which takes longer than putting a message into a queue in
 * memory. Spring's own search handles all other paths.
 */
final class DirectRouteMapping extends RequestMappingHandlerMapping {

    /** Replaces Spring's own mapping. */
    @Component
    static final class InPlaceOfSprings implements WebMvcRegistrations {

        @Override
        public RequestMappingHandlerMapping getRequestMappingHandlerMapping() {
            return new DirectRouteMapping();
        }
    }

    /** The common prefix of these routes; one word follows it, and then the variable. */
    private static final String BEGIN = "/v1/";

    private record Route(RequestMappingInfo mapping, HandlerMethod method) {}

    private final Map<String, Route> routes = new HashMap<>();

    @Override
    public void afterPropertiesSet() {
        super.afterPropertiesSet();
        Map<String, List<Route>> alike = new HashMap<>();
        getHandlerMethods().forEach((mapping, method) -> keys(mapping)
                .forEach(key -> alike.computeIfAbsent(key, any -> new ArrayList<>()).add(new Route(mapping, method))));
        // routes with the same key are left to Spring, which also compares their other conditions
        alike.forEach((key, same) -> {
            if (same.size() == 1 && ofMethodAndPathOnly(same.getFirst().mapping())) {
                routes.put(key, same.getFirst());
            }
        });
    }

    /** The keys of all methods and paths of a mapping; its other conditions are ignored. */
    private static List<String> keys(RequestMappingInfo mapping) {
        List<String> keys = new ArrayList<>();
        for (String pattern : mapping.getPatternValues()) {
            for (RequestMethod verb : mapping.getMethodsCondition().getMethods()) {
                key(verb.name(), pattern).ifPresent(keys::add);
            }
        }
        return keys;
    }

    /** Whether a mapping has no other condition, and its only variable is the path segment that a key leaves out. */
    private static boolean ofMethodAndPathOnly(RequestMappingInfo mapping) {
        String pattern = mapping.getPatternValues().iterator().next();
        int variable = pattern.indexOf('{');
        return mapping.getPatternValues().size() == 1
                && variable > 0
                && variable == pattern.indexOf('/', BEGIN.length()) + 1
                && variable == pattern.lastIndexOf('{')
                && !pattern.contains("*")
                && mapping.getParamsCondition().isEmpty()
                && mapping.getHeadersCondition().isEmpty()
                && mapping.getConsumesCondition().isEmpty()
                && mapping.getProducesCondition().isEmpty()
                && mapping.getVersionCondition().isEmpty()
                && mapping.getCustomCondition() == null;
    }

    /** The method and the path without its third segment; empty for a path of another form. */
    private static Optional<String> key(String verb, String path) {
        int second = path.startsWith(BEGIN) ? path.indexOf('/', BEGIN.length()) : -1;
        if (second < 0) {
            return Optional.empty();
        }
        int third = path.indexOf('/', second + 1);
        return Optional.of(verb + path.substring(0, second + 1) + (third < 0 ? "" : path.substring(third)));
    }

    /** The route found by the lookup; null = Spring searches. */
    private Route route(String verb, String path) {
        return key(verb, path).map(routes::get).orElse(null);
    }

    /** The mapping of {@link #route}. */
    Optional<RequestMappingInfo> quick(String verb, String path) {
        return Optional.ofNullable(route(verb, path)).map(Route::mapping);
    }

    @Override
    protected HandlerMethod lookupHandlerMethod(String path, HttpServletRequest request) throws Exception {
        Route route = route(request.getMethod(), path);
        RequestMappingInfo match = route == null ? null : route.mapping().getMatchingCondition(request);
        if (match == null) {
            return super.lookupHandlerMethod(path, request);
        }
        request.setAttribute(BEST_MATCHING_HANDLER_ATTRIBUTE, route.method());
        handleMatch(match, path, request);
        return route.method();
    }
}
