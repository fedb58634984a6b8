package dev.rowmq.api.rest;

import jakarta.servlet.http.HttpServletRequest;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

import org.springframework.boot.webmvc.autoconfigure.WebMvcRegistrations;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/**
 * Finds the method for {@code /v1/queues/{queue}/receive} and its like by one look-up. Spring asks every route that has a
 * variable, one after the other, which costs as much as the send of a message to memory. What is not found here it finds.
 */
final class QuickRoutes extends RequestMappingHandlerMapping {

    /** In place of Spring's own. */
    @Component
    static final class InPlaceOfSprings implements WebMvcRegistrations {

        @Override
        public RequestMappingHandlerMapping getRequestMappingHandlerMapping() {
            return new QuickRoutes();
        }
    }

    /** How all such routes begin: one word, and then the variable. */
    private static final String BEGIN = "/v1/";

    private record Route(RequestMappingInfo mapping, HandlerMethod method) {}

    private final Map<String, Route> routes = new HashMap<>();

    @Override
    public void afterPropertiesSet() {
        super.afterPropertiesSet();
        getHandlerMethods().forEach((mapping, method) -> {
            boolean onlyMethodAndPath = mapping.getParamsCondition().isEmpty()
                    && mapping.getHeadersCondition().isEmpty()
                    && mapping.getConsumesCondition().isEmpty()
                    && mapping.getProducesCondition().isEmpty()
                    && mapping.getCustomCondition() == null;
            if (onlyMethodAndPath && mapping.getPatternValues().size() == 1) {
                String pattern = mapping.getPatternValues().iterator().next();
                for (RequestMethod verb : mapping.getMethodsCondition().getMethods()) {
                    key(verb.name(), pattern)
                            .filter(key -> pattern.indexOf('{') == pattern.lastIndexOf('{'))
                            .ifPresent(key -> routes.put(key, new Route(mapping, method)));
                }
            }
        });
    }

    /** The path without its third part, behind the verb; empty for a path of another shape. */
    private static Optional<String> key(String verb, String path) {
        int second = path.startsWith(BEGIN) ? path.indexOf('/', BEGIN.length()) : -1;
        if (second < 0) {
            return Optional.empty();
        }
        int third = path.indexOf('/', second + 1);
        return Optional.of(verb + path.substring(0, second + 1) + (third < 0 ? "" : path.substring(third)));
    }

    @Override
    protected HandlerMethod lookupHandlerMethod(String path, HttpServletRequest request) throws Exception {
        Route route = key(request.getMethod(), path).map(routes::get).orElse(null);
        RequestMappingInfo match = route == null ? null : route.mapping().getMatchingCondition(request);
        if (match == null) {
            return super.lookupHandlerMethod(path, request);
        }
        request.setAttribute(BEST_MATCHING_HANDLER_ATTRIBUTE, route.method());
        handleMatch(match, path, request);
        return route.method();
    }
}
