// Requires a user and a password of the password file for every path but /health.
import { plainText, targetOf, type Wrapper } from "./handler.ts";
import type { Passwords } from "./passwords.ts";
import { registryError } from "./registry/errors.ts";

/** Basic authentication (RFC 7617) around everything but /health; `onUser` is called with the user of each request let in. */
export function requirePasswords(passwords: Passwords, onUser: (request: Request, user: string) => void): Wrapper {
  return (next) => async (request, client) => {
    const { path } = targetOf(request);
    if (path === "/health") return await next(request, client);
    const verdict = await passwords.check(request.headers.get("authorization"));
    if (verdict === "busy")
      return plainText(503, "Too many passwords are being checked; try again\n", { "retry-after": "1" });
    if (verdict !== "unknown") {
      onUser(request, verdict.user);
      return await next(request, client);
    }
    const isRegistry = path === "/v2" || path.startsWith("/v2/");
    const response = isRegistry
      ? registryError("UNAUTHORIZED", "This registry wants a user name and a password")
      : plainText(401, "This server wants a user name and a password\n");
    // Docker, containerd and skopeo take the scheme from here; the realm is what a browser shows.
    response.headers.set("www-authenticate", 'Basic realm="kso", charset="UTF-8"');
    return response;
  };
}
