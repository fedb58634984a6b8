package dev.rowmq.api.http;

import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.context.annotation.Import;

/**
 * Gives the web server of a separate management port ({@code management.server.port}) the deadlines, the checks and the
 * error answers of the service's own port. It has a context of its own, which takes nothing from the service's.
 */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@Import({TomcatConfiguration.class, WellFormedRequestFilter.class})
class ManagementPortConfiguration {}
