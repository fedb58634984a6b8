package dev.rowmq.bench;

import java.util.Optional;

/** The rivals available on this machine. */
final class Rivals implements AutoCloseable {

    private final Optional<ElasticMq> elasticMq;
    private final Optional<RabbitMq> rabbitMq;

    Rivals(Report report) throws Exception {
        elasticMq = ElasticMq.here() ? Optional.of(new ElasticMq()) : Optional.empty();
        report.fact(
                "ElasticMQ",
                elasticMq.isPresent()
                        ? System.getProperty("bench.elasticmq", "on the class path")
                        : "not on the class path, not measured");
        String url = System.getProperty("bench.rabbitmq", "");
        rabbitMq = url.isEmpty() ? Optional.empty() : Optional.of(new RabbitMq(url));
        report.fact(
                "RabbitMQ", rabbitMq.map(RabbitMq::version).orElse("no broker given (-Dbench.rabbitmq), not measured"));
    }

    Optional<ElasticMq> elasticMq() {
        return elasticMq;
    }

    Optional<RabbitMq> rabbitMq() {
        return rabbitMq;
    }

    @Override
    public void close() throws Exception {
        elasticMq.ifPresent(ElasticMq::close);
        if (rabbitMq.isPresent()) {
            rabbitMq.get().close();
        }
    }
}
