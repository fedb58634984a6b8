/**
 * uPlot formats numbers for navigator.language when it is loaded, and throws if that is no language tag, as in browsers
 * started with LANG=C. Import this module before uPlot.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' });
}
