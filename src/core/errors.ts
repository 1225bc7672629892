// One error class for the whole program. A failure always throws; `undefined` means "not there, and that is fine".

/** Why kso stopped. Each code has one exit code, see {@link exitCodes}. */
export type ErrorCode = "unexpected" | "usage" | "unresolvable" | "fetch" | "verify" | "remote" | "interrupted";

/** The exit codes that users script against. */
export const exitCodes: Readonly<Record<ErrorCode, number>> = {
  unexpected: 1,
  usage: 2,
  unresolvable: 3,
  fetch: 4,
  verify: 5,
  remote: 6,
  interrupted: 130,
};

/** A failure that kso can explain: what could not be done, and what to do about it. */
export class KsoError extends Error {
  readonly code: ErrorCode;
  /** What the message lists, for scripts. */
  readonly details: Readonly<Record<string, unknown>>;
  constructor(code: ErrorCode, message: string, cause?: unknown, details: KsoError["details"] = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "KsoError";
    this.code = code;
    this.details = details;
  }
}

/** The message of whatever was thrown, without a stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
