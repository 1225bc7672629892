// Evaluations that may fail without harm.
import { TemplateFailure } from "../ansible/jinja/failure.ts";

/** The result, or undefined where the template has no value. Bounds stay bounds. */
export function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof TemplateFailure && thrown.kind !== "limit") return undefined;
    throw thrown;
  }
}
