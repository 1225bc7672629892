// A body on its way out: counted as the runtime takes it, held to the length that was promised.
import { KsoError, messageOf } from "../core/errors.ts";
import type { HttpRequest } from "./request.ts";

export interface Sending {
  readonly body: string | ReadableStream<Uint8Array> | undefined;
  readonly headers: Headers;
  /** What the bytes' own side did wrong; it is no fault of the network. */
  readonly broken: () => KsoError | undefined;
  /** It was in vain: takes back what was told of it. */
  undo(): void;
}

/** @param moved hears of every piece. */
export function sending({ body, onSent }: HttpRequest, headers: Headers, moved: () => void): Sending {
  const nothing = { broken: () => undefined, undo: () => undefined };
  if (body === undefined || typeof body === "string") return { body, headers, ...nothing };
  const all = new Headers(headers);
  all.set("content-length", String(body.size));
  if (body.size === 0) return { body: "", headers: all, ...nothing };
  let sent = 0;
  let over = false;
  let broken: KsoError | undefined;
  const reader = body.open().getReader();
  const next = async (): Promise<Uint8Array | undefined> => {
    try {
      const { done, value } = await reader.read();
      const total = sent + (done ? 0 : value.length);
      if (total > body.size || (done && total < body.size))
        throw new KsoError("unexpected", `${done ? total : "More"} bytes to send where ${body.size} were promised`);
      return done ? undefined : value;
    } catch (cause) {
      broken = cause instanceof KsoError ? cause : new KsoError("unexpected", messageOf(cause), cause);
      throw broken;
    }
  };
  const counted = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await next();
        if (!chunk) return controller.close();
        sent += chunk.length;
        moved();
        if (!over) onSent?.(chunk.length);
        controller.enqueue(chunk);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return {
    body: counted,
    headers: all,
    broken: () => broken,
    undo() {
      if (!over) onSent?.(-sent);
      over = true;
    },
  };
}
