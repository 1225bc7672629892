// What happens when a handler fails: the operator is warned, and the client gets 503.
import { messageOf } from "../core/errors.ts";
import { type Handler, plainText } from "./handler.ts";

/** The same message is not repeated sooner. Milliseconds. */
const repeatInterval = 60_000;
/** How many messages are remembered. */
const maxMessages = 1000;

/** Returns a function that warns of an error, of each message at most once a minute: every node requests the same broken blobs. */
export function faultReporter(warn: (text: string) => void): (thrown: unknown) => void {
  const lastWarned = new Map<string, number>();
  return (thrown) => {
    const message = messageOf(thrown);
    const now = performance.now();
    if (now - (lastWarned.get(message) ?? Number.NEGATIVE_INFINITY) < repeatInterval) return;
    if (lastWarned.size > maxMessages) lastWarned.clear();
    lastWarned.set(message, now);
    warn(message);
  };
}

/** Answers with 503 where the handler throws. */
export function answerFaults(handler: Handler, report: (thrown: unknown) => void): Handler {
  const unavailable = (thrown: unknown): Response => {
    report(thrown);
    return plainText(503, "The bundle is damaged or was changed; the server's log says more\n");
  };
  return (request, client) => {
    try {
      const response = handler(request, client);
      return response instanceof Promise ? response.catch(unavailable) : response;
    } catch (thrown) {
      return unavailable(thrown);
    }
  };
}
