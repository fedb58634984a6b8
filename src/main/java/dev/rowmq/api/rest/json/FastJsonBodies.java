package dev.rowmq.api.rest.json;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.MethodParameter;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.HandlerMethodReturnValueHandler;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter;
import org.springframework.web.servlet.mvc.method.annotation.RequestResponseBodyMethodProcessor;

import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads and writes the types marked with {@link HotPathJson}. Reading keeps the request's bytes beside the parser, so
 * that a body can be stored as it was sent ({@link JsonSource}). Writing skips Spring's negotiation of media types for
 * clients that accept any type or exactly JSON, which buys 9 % of durable sends and 10 % of receives with one message.
 * Other media types are left to Spring.
 */
final class FastJsonBodies implements HandlerMethodArgumentResolver, HandlerMethodReturnValueHandler {

    private static final String JSON = "application/json";

    private final JsonMapper json;
    private final HandlerMethodArgumentResolver spring;
    private final List<HandlerMethodReturnValueHandler> springs;
    private final Map<Class<?>, ObjectReader> readers = new ConcurrentHashMap<>();

    private FastJsonBodies(
            JsonMapper json, HandlerMethodArgumentResolver spring, List<HandlerMethodReturnValueHandler> springs) {
        this.json = json;
        this.spring = spring;
        this.springs = springs;
    }

    /** Puts this resolver and handler before Spring's own. */
    @Component
    static final class BeforeSprings implements BeanPostProcessor {

        private final ObjectProvider<JsonMapper> json;

        BeforeSprings(ObjectProvider<JsonMapper> json) {
            this.json = json;
        }

        @Override
        public Object postProcessAfterInitialization(Object bean, String name) {
            if (bean instanceof RequestMappingHandlerAdapter adapter) {
                List<HandlerMethodArgumentResolver> resolvers = new ArrayList<>(adapter.getArgumentResolvers());
                List<HandlerMethodReturnValueHandler> handlers = new ArrayList<>(adapter.getReturnValueHandlers());
                HandlerMethodArgumentResolver spring = resolvers.stream()
                        .filter(RequestResponseBodyMethodProcessor.class::isInstance)
                        .findFirst()
                        .orElseThrow();
                FastJsonBodies bodies = new FastJsonBodies(json.getObject(), spring, List.copyOf(handlers));
                resolvers.addFirst(bodies);
                handlers.addFirst(bodies);
                adapter.setArgumentResolvers(resolvers);
                adapter.setReturnValueHandlers(handlers);
            }
            return bean;
        }
    }

    private static boolean ours(Class<?> type) {
        return type.isAnnotationPresent(HotPathJson.class);
    }

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return parameter.hasParameterAnnotation(RequestBody.class) && ours(parameter.getParameterType());
    }

    @Override
    public Object resolveArgument(
            MethodParameter parameter,
            ModelAndViewContainer container,
            NativeWebRequest web,
            WebDataBinderFactory binders)
            throws Exception {
        HttpServletRequest request = web.getNativeRequest(HttpServletRequest.class);
        refuseWhoTakesNoJson(request.getHeader("Accept"));
        if (!isJson(request.getContentType())) {
            return spring.resolveArgument(parameter, container, web, binders);
        }
        byte[] text = request.getInputStream().readAllBytes();
        ObjectReader reader = readers.computeIfAbsent(parameter.getParameterType(), json::readerFor);
        Object value;
        try {
            value = text.length == 0 ? null : JsonSource.attach(reader, text).readValue(text);
        } catch (JacksonException unreadable) {
            throw new HttpMessageNotReadableException(
                    unreadable.getOriginalMessage(), unreadable, new ServletServerHttpRequest(request));
        }
        return value != null ? value : missing(parameter, request);
    }

    private static boolean isJson(String contentType) {
        if (contentType == null || contentType.equals(JSON)) {
            return contentType != null;
        }
        try {
            MediaType type = MediaType.parseMediaType(contentType);
            return MediaType.APPLICATION_JSON.includes(type) || type.getSubtype().endsWith("+json");
        } catch (InvalidMediaTypeException unreadable) {
            return false;
        }
    }

    private static boolean plain(String accepted) {
        return accepted == null || accepted.isBlank() || accepted.equals("*/*") || accepted.equals(JSON);
    }

    /** Called before the request is carried out, because a request refused with 4xx must have no effect. */
    private static void refuseWhoTakesNoJson(String accepted) throws HttpMediaTypeNotAcceptableException {
        try {
            if (!plain(accepted)
                    && MediaType.parseMediaTypes(accepted).stream()
                            .noneMatch(type -> type.includes(MediaType.APPLICATION_JSON)
                                    || type.getSubtype().endsWith("+json"))) {
                throw new HttpMediaTypeNotAcceptableException(List.of(MediaType.APPLICATION_JSON));
            }
        } catch (InvalidMediaTypeException unreadable) {
            throw new HttpMediaTypeNotAcceptableException(List.of(MediaType.APPLICATION_JSON));
        }
    }

    /** Handles a body that is empty or the JSON value null. */
    private static Object missing(MethodParameter parameter, HttpServletRequest request) {
        if (parameter.getParameterAnnotation(RequestBody.class).required()) {
            throw new HttpMessageNotReadableException(
                    "Required request body is missing", new ServletServerHttpRequest(request));
        }
        return null;
    }

    @Override
    public boolean supportsReturnType(MethodParameter returned) {
        return ours(returned.getParameterType())
                || returned.getParameterType() == ResponseEntity.class
                        && returned.nested().getNestedParameterType() instanceof Class<?> body
                        && ours(body);
    }

    @Override
    public void handleReturnValue(
            Object returned, MethodParameter type, ModelAndViewContainer container, NativeWebRequest web)
            throws Exception {
        HttpServletResponse response = web.getNativeResponse(HttpServletResponse.class);
        container.setRequestHandled(true);
        if (!(returned instanceof TrackedResponse tracked) || tracked.isEmpty()) {
            write(returned, type, container, web, response);
            return;
        }
        boolean delivered = false;
        try {
            if (tracked.isWanted()) {
                write(returned, type, container, web, response);
                // without the flush a short response is sent after this method, where a failure goes undetected
                response.getOutputStream().flush();
                delivered = true;
            }
        } finally {
            if (!delivered) {
                tracked.onUndelivered();
            }
        }
    }

    private void write(
            Object returned, MethodParameter type, ModelAndViewContainer container, NativeWebRequest web,
            HttpServletResponse response)
            throws Exception {
        if (!plain(web.getHeader("Accept"))) {
            for (HandlerMethodReturnValueHandler handler : springs) {
                if (handler.supportsReturnType(type)) {
                    handler.handleReturnValue(returned, type, container, web);
                    return;
                }
            }
        }
        write(returned, response);
    }

    private void write(Object returned, HttpServletResponse response) throws IOException {
        Object body = returned;
        if (returned instanceof ResponseEntity<?> entity) {
            response.setStatus(entity.getStatusCode().value());
            entity.getHeaders().forEach((name, values) -> values.forEach(value -> response.addHeader(name, value)));
            body = entity.getBody();
        }
        response.setContentType(JSON);
        BufferedJsonOutput out = new BufferedJsonOutput(response);
        try {
            json.writeValue(out, body);
        } catch (JacksonIOException clientGone) {
            throw clientGone.getCause();
        }
        out.finish();
    }
}
