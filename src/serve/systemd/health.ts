// Waits until a service that was just started answers.
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { KsoError } from "../../core/errors.ts";

/** How long a service may take to open its bundles. Milliseconds. */
const patience = 120_000;
/** Milliseconds. */
const interval = 200;

/** Resolves with the first answer. `failed` says why there will be none. @throws KsoError `remote` then, and after two minutes. */
export async function answersAt(url: string, failed: () => string | undefined): Promise<void> {
  const end = Date.now() + patience;
  while (!(await isHealthy(url))) {
    const reason = failed() ?? (Date.now() > end ? "it does not answer" : undefined);
    if (reason !== undefined) throw new KsoError("remote", `${url}: ${reason}`);
    await pause(interval);
  }
}

/** Asks this machine itself, so no certificate is looked at. */
function isHealthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { timeout: 5000, rejectUnauthorized: false };
    const request = (url.startsWith("https:") ? requestSecure : requestPlain)(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", () => resolve(false));
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.end();
  });
}
