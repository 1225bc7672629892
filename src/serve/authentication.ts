// Requires a user and a password of the password file for every path but /health.
import { plainText, targetOf, type Wrapper } from "./handler.ts";
import type { Passwords } from "./passwords.ts";
import { registryError } from "./registry/errors.ts";

/** What is told of each request that brings a name and a password. */
export interface AuthenticationEvents {
  /** It is let in. */
  readonly onUser: (request: Request, user: string) => void;
  /** The name or the password is wrong. */
  readonly onRefusal: () => void;
}

/** Basic authentication (RFC 7617) around everything but /health. */
export function requirePasswords(passwords: Passwords, { onUser, onRefusal }: AuthenticationEvents): Wrapper {
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
    if (request.headers.has("authorization")) onRefusal();
    return unauthorized(path);
  };
}

function unauthorized(path: string): Response {
  const isRegistry = path === "/v2" || path.startsWith("/v2/");
  const response = isRegistry
    ? registryError("UNAUTHORIZED", "This registry wants a user name and a password")
    : plainText(401, "This server wants a user name and a password\n");
  // Docker, containerd and skopeo take the scheme from here; the realm is what a browser shows.
  response.headers.set("www-authenticate", 'Basic realm="kso", charset="UTF-8"');
  return response;
}
