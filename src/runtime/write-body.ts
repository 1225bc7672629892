// Writes a body into a file by the runtime's own means: half the work of handing each chunk through the program.

/** Writes the body into the file at the path, which it empties first; undefined where the runtime cannot. */
export const writeBody: ((body: ReadableStream<Uint8Array>, path: string) => Promise<void>) | undefined =
  "Deno" in globalThis ? undefined : async (body, path) => void (await Bun.write(path, new Response(body)));
