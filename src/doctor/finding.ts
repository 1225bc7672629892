// What a check of `kso doctor` found, good or bad, and what to do about the bad.

/** The result of one check. */
export interface Finding {
  /** One word: `store`, `clock`. */
  readonly check: string;
  /** ok; warn: it will do, with a cost; fail: something will not work. */
  readonly state: "ok" | "warn" | "fail";
  readonly message: string;
}

/** The result of one check, in a line. */
export function finding(check: string, state: Finding["state"], message: string): Finding {
  return { check, state, message };
}
