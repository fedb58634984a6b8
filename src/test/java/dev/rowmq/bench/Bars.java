package dev.rowmq.bench;

import java.util.ArrayList;
import java.util.List;

/** A chart of horizontal bars in groups, as SVG; each group has its own scale. */
final class Bars {

    private static final int LABEL = 230;
    private static final int WIDTH = 420;
    private static final int ROW = 24;

    private record Bar(String name, double value, double from, double to, String format) {}

    private record Group(String title, List<Bar> bars) {}

    private final String title;
    private final List<Group> groups = new ArrayList<>();

    Bars(String title) {
        this.title = title;
    }

    void group(String name) {
        groups.add(new Group(name, new ArrayList<>()));
    }

    /** @param from start of the range line over the end of the bar; {@code to} is its end */
    void bar(String name, double value, double from, double to, String format) {
        groups.getLast().bars().add(new Bar(name, value, from, to, format));
    }

    String svg() {
        StringBuilder marks = new StringBuilder();
        int y = 40;
        for (Group group : groups) {
            y += ROW;
            marks.append(text(10, y, "font-weight=\"bold\"", group.title()));
            double most = group.bars().stream().mapToDouble(bar -> Math.max(bar.to(), bar.value())).max().orElse(1);
            for (Bar bar : group.bars()) {
                y += ROW;
                marks.append(text(LABEL - 10, y, "text-anchor=\"end\"", bar.name()));
                marks.append("<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"14\" fill=\"%s\"/>\n"
                        .formatted(LABEL, y - 12, WIDTH * bar.value() / most, colour(bar.name())));
                marks.append("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#333\" stroke-width=\"2\"/>\n"
                        .formatted(LABEL + WIDTH * bar.from() / most, LABEL + WIDTH * bar.to() / most, y - 5, y - 5));
                marks.append(text(
                        (int) (LABEL + WIDTH * Math.max(bar.value(), bar.to()) / most) + 8,
                        y,
                        "",
                        bar.format().formatted(bar.value())));
            }
        }
        return ("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                        + "font-family=\"sans-serif\" font-size=\"13\">\n")
                        .formatted(LABEL + WIDTH + 100, y + 20)
                + "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n" + text(10, 26, "font-size=\"16\"", title)
                + marks + "</svg>\n";
    }

    private static String colour(String name) {
        if (name.contains("floor") || name.equals("nothing else") || name.equals("no snapshot")) {
            return "#bbbbbb";
        }
        return name.startsWith("ElasticMQ") || name.startsWith("RabbitMQ") ? "#d9a05b" : "#3d7ea6";
    }

    private static String text(int x, int y, String attributes, String text) {
        return "<text x=\"%d\" y=\"%d\" %s>%s</text>\n"
                .formatted(x, y, attributes, text.replace("&", "&amp;").replace("<", "&lt;"));
    }
}
