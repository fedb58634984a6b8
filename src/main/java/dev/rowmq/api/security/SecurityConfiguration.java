package dev.rowmq.api.security;

import static dev.rowmq.api.security.ApiKeyProperties.Role.ADMIN;
import static dev.rowmq.api.security.ApiKeyProperties.Role.READ;
import static dev.rowmq.api.security.ApiKeyProperties.Role.RECEIVE;
import static dev.rowmq.api.security.ApiKeyProperties.Role.SEND;

import dev.rowmq.api.http.ConsoleProperties;
import dev.rowmq.api.http.SqsRequests;
import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;

import io.micrometer.core.instrument.MeterRegistry;

import jakarta.servlet.DispatcherType;

import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authorization.AuthorityAuthorizationManager;
import org.springframework.security.authorization.AuthorizationManagers;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.firewall.RequestRejectedHandler;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.servlet.HandlerExceptionResolver;

/** Defines the roles that each route requires. */
@Configuration(proxyBeanMethods = false)
@EnableWebSecurity
class SecurityConfiguration {

    private static final String QUEUE = "/v1/queues/*";

    @Bean
    SecurityFilterChain routes(
            HttpSecurity http,
            ApiKeyProperties properties,
            ConsoleSessionFilter console,
            MeterRegistry meters,
            SqsRequests sqsRequests,
            @Qualifier("handlerExceptionResolver") HandlerExceptionResolver problems) {
        RefusedCalls refused = new RefusedCalls(meters, problems);
        http.csrf(AbstractHttpConfigurer::disable)
                .formLogin(AbstractHttpConfigurer::disable)
                .httpBasic(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                // a request without a key has no identity, so that routes that require a role answer 401
                .anonymous(AbstractHttpConfigurer::disable)
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .exceptionHandling(handling -> handling.authenticationEntryPoint(refused).accessDeniedHandler(refused));
        if (properties.apiKeys().isEmpty()) {
            http.addFilterBefore(new LocalRequestFilter(problems), AuthorizationFilter.class)
                    .addFilterBefore(console, AuthorizationFilter.class)
                    .authorizeHttpRequests(routes -> routes.anyRequest().permitAll());
        } else {
            List<KnownKey> keys = KnownKey.of(properties.apiKeys());
            http.addFilterBefore(new ApiKeyFilter(keys), AuthorizationFilter.class)
                    .addFilterBefore(console, AuthorizationFilter.class)
                    .addFilterBefore(
                            new SignatureFilter(keys, Clock.systemUTC(), sqsRequests, problems),
                            AuthorizationFilter.class)
                    .authorizeHttpRequests(routes -> requireRoles(routes, sqsRequests));
        }
        return http.build();
    }

    @Bean
    ConsoleSessions consoleSessions(ApiKeyProperties properties) {
        return new ConsoleSessions(KnownKey.of(properties.apiKeys()), Clock.systemUTC());
    }

    @Bean
    ConsoleSessionFilter consoleSessionFilter(
            ConsoleSessions sessions,
            ConsoleProperties properties,
            @Qualifier("handlerExceptionResolver") HandlerExceptionResolver problems) {
        return new ConsoleSessionFilter(sessions, properties, problems);
    }

    /** Keeps Spring Boot from running the filter a second time, outside of the security filters. */
    @Bean
    FilterRegistrationBean<ConsoleSessionFilter> consoleSessionFilterOnce(ConsoleSessionFilter filter) {
        FilterRegistrationBean<ConsoleSessionFilter> registration = new FilterRegistrationBean<>(filter);
        registration.setEnabled(false);
        return registration;
    }

    /** Matches HEAD too: it is a GET whose response has no body (RFC 9110, section 9.3.2). */
    private static void requireRoles(
            AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry routes,
            SqsRequests sqsRequests) {
        routes.dispatcherTypeMatchers(DispatcherType.ERROR)
                        // the original request was authorized before, or can reach no route
                        .permitAll()
                        .requestMatchers("/actuator/health/**", "/actuator/health")
                        .permitAll()
                        // the action, on which the role depends, is in the body: api.sqs checks it
                        .requestMatchers(sqsRequests::matches)
                        .authenticated()
                        // the console's files hold no data, and its sign-in checks the key itself
                        .requestMatchers(reading("/errors/**", "/errors", "/", "/console", "/console/**"))
                        .permitAll()
                        .requestMatchers("/console/session")
                        .permitAll()
                        .requestMatchers(reading("/v1/whoami"))
                        .authenticated()
                        .requestMatchers(
                                HttpMethod.POST,
                                QUEUE + "/messages",
                                QUEUE + "/messages/batch",
                                "/v1/topics/*/messages")
                        .hasAnyAuthority(names(ADMIN, SEND))
                        .requestMatchers(
                                HttpMethod.POST,
                                QUEUE + "/receive",
                                QUEUE + "/ack",
                                QUEUE + "/nack",
                                QUEUE + "/extend")
                        .hasAnyAuthority(names(ADMIN, RECEIVE))
                        .requestMatchers(reading(QUEUE + "/stream"))
                        .hasAnyAuthority(names(ADMIN, RECEIVE, READ))
                        // these concern all queues; other routes name a queue, or list those in the key's scope
                        .requestMatchers(reading("/actuator/**"))
                        .access(AuthorizationManagers.allOf(
                                AuthorityAuthorizationManager.hasAuthority(KnownKey.ALL_QUEUES),
                                AuthorityAuthorizationManager.hasAnyAuthority(names(ADMIN, READ))))
                        .requestMatchers("/v1/backup")
                        .access(AuthorizationManagers.allOf(
                                AuthorityAuthorizationManager.hasAuthority(KnownKey.ALL_QUEUES),
                                AuthorityAuthorizationManager.hasAuthority(ADMIN.name())))
                        .requestMatchers(reading("/v1/**"))
                        .hasAnyAuthority(names(ADMIN, READ))
                        .requestMatchers(
                                reading("/swagger-ui/**", "/swagger-ui", "/v3/api-docs/**", "/v3/api-docs"))
                        .authenticated()
                        .anyRequest()
                        .hasAuthority(ADMIN.name());
    }

    private static RequestMatcher[] reading(String... paths) {
        return Stream.of(HttpMethod.GET, HttpMethod.HEAD)
                .flatMap(method -> Arrays.stream(paths)
                        .map(path -> PathPatternRequestMatcher.withDefaults().matcher(method, path)))
                .toArray(RequestMatcher[]::new);
    }

    private static String[] names(ApiKeyProperties.Role... roles) {
        return Arrays.stream(roles).map(Enum::name).toArray(String[]::new);
    }

    /** Allows characters that ids given by producers may have; in a path they are percent-encoded. */
    @Bean
    StrictHttpFirewall firewall() {
        StrictHttpFirewall firewall = new StrictHttpFirewall();
        firewall.setAllowUrlEncodedSlash(true);
        firewall.setAllowUrlEncodedDoubleSlash(true);
        firewall.setAllowUrlEncodedPercent(true);
        firewall.setAllowBackSlash(true);
        firewall.setAllowSemicolon(true);
        return firewall;
    }

    /**
     * Answers requests that the firewall refuses (control characters, double slashes and other tricks in a path) with a
     * problem (RFC 9457).
     */
    @Bean
    RequestRejectedHandler tricks(@Qualifier("handlerExceptionResolver") HandlerExceptionResolver problems) {
        return (request, response, why) -> problems.resolveException(
                request,
                response,
                null,
                new QueueException(
                        ErrorCode.INVALID_REQUEST, "the path or a header has something that no request may have"));
    }

    /** Disables the observation of each filter, which would wrap every filter at every request for unused metrics. */
    @Bean
    SecurityObservationSettings notObserved() {
        return SecurityObservationSettings.noObservations();
    }

    /** Keeps Spring Boot from creating a default user with a password; the service has neither. */
    @Bean
    AuthenticationManager noPasswords() {
        return attempt -> {
            throw new BadCredentialsException("keys only");
        };
    }
}
