// What this program is and where it lives, as package.json says. A build puts the commit in; from source it is unknown.
import pack from "../../package.json" with { type: "json" };

declare const KSO_COMMIT: string | undefined;

/** kso's own version. */
export const version: string = pack.version;

/** Where kso lives: the page of its repository, without a slash at the end. */
export const home: string = pack.repository.url.replace(/^git\+/, "").replace(/\.git$/, "");

/** The commit that this program was built from. */
export const commit: string | undefined = typeof KSO_COMMIT === "string" ? KSO_COMMIT : undefined;
