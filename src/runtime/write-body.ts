// A body into a file, by the runtime itself: half the work of handing each chunk through the program, where it can.

/** Writes the body into the file at the path, which it empties first; undefined where the runtime has no such way. */
export const writeBody: ((body: ReadableStream<Uint8Array>, path: string) => Promise<void>) | undefined =
  "Deno" in globalThis ? undefined : async (body, path) => void (await Bun.write(path, new Response(body)));
