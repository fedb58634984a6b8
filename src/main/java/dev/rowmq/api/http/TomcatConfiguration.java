package dev.rowmq.api.http;

import dev.rowmq.api.http.connection.GuardedHttpProtocol;
import dev.rowmq.model.error.ErrorCode;

import java.io.IOException;

import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.valves.ErrorReportValve;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Configures Tomcat's connectors, and the error responses that Tomcat sends before a request reaches our code. */
@Configuration(proxyBeanMethods = false)
class TomcatConfiguration {

    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> tomcatCustomizer() {
        return server -> {
            server.setProtocol(GuardedHttpProtocol.class.getName());
            // Expect: 100-continue is answered when the body is read, so that a refusal precedes the body;
            // encoded slashes in a path are passed on, because ids may contain slashes
            server.addConnectorCustomizers(connector -> {
                connector.setProperty("continueResponseTiming", "onRead");
                connector.setEncodedSolidusHandling("passthrough");
                connector.setEncodedReverseSolidusHandling("passthrough");
            });
            server.addContextCustomizers(context -> {
                if (context.getParent() instanceof StandardHost host) {
                    host.setErrorReportValveClass(PlainErrors.class.getName());
                }
            });
        };
    }

    /** Writes a problem (RFC 9457) in place of Tomcat's error page. Tomcat creates this class by its name. */
    public static final class PlainErrors extends ErrorReportValve {

        @Override
        protected void report(Request request, Response response, Throwable failure) {
            int status = response.getStatus();
            if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
                return;
            }
            boolean theirs = status < 500 || status == 501 || status == 505;
            ErrorCode code = theirs ? ErrorCode.INVALID_REQUEST : ErrorCode.INTERNAL;
            String detail = theirs ? "this is not a valid HTTP request" : "the service failed at this request";
            try {
                response.setContentType("application/problem+json");
                response.getOutputStream().write(ProblemWriter.problem(status, code, detail));
                response.finishResponse();
            } catch (IOException | IllegalStateException clientGone) {
                // the client has closed the connection
            }
        }
    }
}
