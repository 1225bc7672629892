// One thing that was looked at. Every check tells the truth that it found, good or bad, and what to do about the bad.

export interface Finding {
  /** One word: `store`, `clock`. */
  readonly check: string;
  /** ok; warn: it will do, with a cost; fail: something will not work. */
  readonly state: "ok" | "warn" | "fail";
  readonly message: string;
}

export function finding(check: string, state: Finding["state"], message: string): Finding {
  return { check, state, message };
}
