// Why a template has no value. `undefined` is special: Ansible carries it along until something uses it.
import { KsoError } from "../../core/errors.ts";

/** `undefined`: a variable is missing · `wrong`: the expression cannot be evaluated · `limit`: it would cost too much. */
export type FailureKind = "undefined" | "wrong" | "limit";

/** A template that has no value, with the reason in words. */
export class TemplateFailure extends KsoError {
  readonly kind: FailureKind;
  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super("unresolvable", message, cause);
    this.name = "TemplateFailure";
    this.kind = kind;
  }
}

/** Throws what Python would call a TypeError or ValueError. */
export function invalid(message: string): never {
  throw new TemplateFailure("wrong", message);
}
