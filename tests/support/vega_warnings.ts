/** Compiles charts and collects the compiler's warnings. */
import * as vega from "vega";
import * as vegaLite from "vega-lite";

export function warningsOf(spec: vegaLite.TopLevelSpec): unknown[] {
  const warnings: unknown[] = [];
  const logger = vega.logger(vega.Warn);
  logger.warn = (...args: unknown[]) => {
    warnings.push(args);
    return logger;
  };
  vegaLite.compile(spec, { logger: logger as never });
  return warnings;
}
