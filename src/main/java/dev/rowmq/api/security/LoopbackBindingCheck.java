package dev.rowmq.api.security;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** Stops the start when no key is configured and the service would listen on an address other than loopback. */
@Component
class LoopbackBindingCheck implements InitializingBean {

    private static final Logger log = LoggerFactory.getLogger(LoopbackBindingCheck.class);

    private final ApiKeyProperties properties;
    private final Environment environment;

    LoopbackBindingCheck(ApiKeyProperties properties, Environment environment) {
        this.properties = properties;
        this.environment = environment;
    }

    /** Reported by {@link MissingApiKeyFailureAnalyzer}. */
    static final class NoKeyException extends RuntimeException {

        NoKeyException(String message) {
            super(message, null, false, false);
        }
    }

    @Override
    public void afterPropertiesSet() {
        if (!properties.apiKeys().isEmpty()) {
            return;
        }
        for (String setting : List.of("server.address", "management.server.address")) {
            String address = environment.getProperty(setting);
            boolean used = setting.startsWith("server") || environment.containsProperty("management.server.port");
            if (used && !isLoopback(address)) {
                throw new NoKeyException(
                        "No API key is configured, so the service answers this machine only, but %s is '%s'."
                                .formatted(setting, address == null ? "" : address));
            }
        }
        log.info("no API key is configured: every program on this machine may call the service, and no other machine");
    }

    private static boolean isLoopback(String address) {
        try {
            return address != null && !address.isBlank() && InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return false;
        }
    }
}
