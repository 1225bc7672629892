// What this program is. A build puts the commit in; from source it is unknown.

declare const KSO_COMMIT: string | undefined;

/** kso's own version. */
export const version = "0.1.0";

/** The commit that this program was built from. */
export const commit: string | undefined = typeof KSO_COMMIT === "string" ? KSO_COMMIT : undefined;
