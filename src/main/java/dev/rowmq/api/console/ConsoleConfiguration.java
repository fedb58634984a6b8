package dev.rowmq.api.console;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.io.Resource;
import org.springframework.http.CacheControl;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Serves the console's files, with a policy that lets its pages load and run nothing else. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "rowmq.console.enabled", matchIfMissing = true)
class ConsoleConfiguration implements WebMvcConfigurer {

    /** CSP Level 3 and Trusted Types: only files of the service, no inline scripts or styles, no HTML from text. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            + "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types lit-html";

    private final Map<Resource, String> tags = new ConcurrentHashMap<>();

    @Override
    public void addResourceHandlers(ResourceHandlerRegistry registry) {
        String webjars = "classpath:/META-INF/resources/webjars/";
        registry.addResourceHandler("/console/lib/lit-html/**")
                .addResourceLocations(webjars + "lit-html/3.3.2/")
                .setCacheControl(CacheControl.noCache())
                .setEtagGenerator(this::tag);
        registry.addResourceHandler("/console/lib/uplot/**")
                .addResourceLocations(webjars + "uplot/1.6.30/dist/")
                .setCacheControl(CacheControl.noCache())
                .setEtagGenerator(this::tag);
        registry.addResourceHandler("/console/**")
                .addResourceLocations("classpath:/console/")
                .setCacheControl(CacheControl.noCache())
                .setEtagGenerator(this::tag);
    }

    /** The modules import each other by fixed names, so that a browser asks for each again, and has it if unchanged. */
    private String tag(Resource file) {
        return tags.computeIfAbsent(file, ConsoleConfiguration::checksum);
    }

    private static String checksum(Resource file) {
        CRC32 sum = new CRC32();
        try (InputStream content = file.getInputStream()) {
            sum.update(content.readAllBytes());
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return Long.toHexString(sum.getValue());
    }

    @Bean
    FilterRegistrationBean<OncePerRequestFilter> consoleHeaders() {
        FilterRegistrationBean<OncePerRequestFilter> registration =
                new FilterRegistrationBean<>(new OncePerRequestFilter() {
                    @Override
                    protected void doFilterInternal(
                            HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                            throws ServletException, IOException {
                        response.setHeader("Content-Security-Policy", POLICY);
                        response.setHeader("Referrer-Policy", "no-referrer");
                        response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
                        chain.doFilter(request, response);
                    }
                });
        registration.setUrlPatterns(List.of("/console/*"));
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return registration;
    }
}
