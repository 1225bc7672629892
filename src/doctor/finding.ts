/** The result of one check of `kso doctor`, good or bad, and what to do about it. */
export interface Finding {
  /** One word: `store`, `clock`. */
  readonly check: string;
  /** ok; warn: it will do, with a cost; fail: something will not work. */
  readonly state: "ok" | "warn" | "fail";
  readonly message: string;
}

/** Makes a finding. */
export function finding(check: string, state: Finding["state"], message: string): Finding {
  return { check, state, message };
}
