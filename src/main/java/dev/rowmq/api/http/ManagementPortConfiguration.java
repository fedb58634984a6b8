package dev.rowmq.api.http;

import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.context.annotation.Import;

/**
 * Gives the web server of a separate management port ({@code management.server.port}) the deadlines, the checks for
 * well-formed requests and the error responses of the service's own port. That server has a context of its own, to
 * which filters and web server customizers of the service's context do not apply.
 */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@Import({TomcatConfiguration.class, WellFormedRequestFilter.class})
class ManagementPortConfiguration {}
