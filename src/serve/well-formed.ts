// Refuses requests that are none by RFC 9112, section 3.2, which the runtimes let through: a Host that is no host, or more than one,
// and a fragment in the target.
import { plainText, type Wrapper } from "./handler.ts";

/**
 * A host and a port (RFC 3986, section 3.2); empty where the target has no authority. Two Host headers come as one, with a comma and
 * a space between them.
 */
const hostGrammar = /^(?:\[[\w.~!$&'()*+,;=:-]+\]|(?:[\w.~!$&'()*+,;=-]|%[\dA-Fa-f]{2})*)(?::\d*)?$/;

/** Answers with 400 what is no request, before anything looks at its target. */
export const refuseMalformed: Wrapper = (next) => (request, client) => {
  const host = request.headers.get("host");
  // None at all comes by HTTP/1.0 only: health checks of load balancers.
  if (host !== null && !hostGrammar.test(host)) return badRequest("The Host header is not one host");
  if (request.url.includes("#")) return badRequest("The request target has a fragment");
  return next(request, client);
};

function badRequest(reason: string): Response {
  return plainText(400, `${reason}\n`, { connection: "close" });
}
