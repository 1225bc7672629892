// Why a template has no value. `undefined` is special: Ansible carries it along until something uses it.
import { KsoError } from "../../core/errors.ts";

/**
 * `undefined`: a variable is missing · `fact`: it rests on a fact that only a running host has · `invalid`: the expression cannot be
 * evaluated · `limit`: it costs too much.
 */
export type FailureKind = "undefined" | "fact" | "invalid" | "limit";

/** A template that has no value, with the reason. */
export class TemplateFailure extends KsoError {
  readonly kind: FailureKind;
  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super("unresolvable", message, cause);
    this.name = "TemplateFailure";
    this.kind = kind;
  }
}

/** Throws what Python would call a TypeError or a ValueError. */
export function invalid(message: string): never {
  throw new TemplateFailure("invalid", message);
}

/**
 * Runs what calls itself for each level of a value or a template.
 * @throws TemplateFailure `limit` where the engine has no room for a further level.
 */
export function withinStack<T>(act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof RangeError && /call stack/.test(thrown.message))
      throw new TemplateFailure("limit", "it is nested too deep", thrown);
    throw thrown;
  }
}

/** The result of an evaluation, or undefined where the template has no value. A limit that is reached still throws. */
export function attempt<T>(evaluation: () => T): T | undefined {
  try {
    return evaluation();
  } catch (thrown) {
    if (thrown instanceof TemplateFailure && thrown.kind !== "limit") return undefined;
    throw thrown;
  }
}
