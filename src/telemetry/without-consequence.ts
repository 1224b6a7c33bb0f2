// telemetry: imports core and contracts.

/**
 * Tells the meter or the tracer something. The OpenTelemetry API promises not to throw, and nobody's certificate may depend on
 * whether that promise is kept: what is thrown is dropped, and with it only the measurement.
 */
export function withoutConsequence(tell: () => void): void {
  try {
    tell();
  } catch {
    // There is nobody to tell: the one who would be told is the one who failed.
  }
}
