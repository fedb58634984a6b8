package dev.rowmq.model.error;

/**
 * Makes a text from outside safe for a log line or an error text: control, format and surrogate characters are escaped,
 * and the text is cut to a maximum length.
 */
public final class SafeText {

    private SafeText() {}

    public static String of(String text, int longest) {
        StringBuilder safe = new StringBuilder();
        for (int i = 0; i < text.length() && safe.length() < longest; i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) || Character.isSurrogate(c) || Character.getType(c) == Character.FORMAT) {
                safe.append("\\u%04x".formatted((int) c));
            } else {
                safe.append(c);
            }
        }
        return safe.length() < longest ? safe.toString() : safe.substring(0, longest) + "...";
    }
}
