// How often one source is tried for the bytes of one blob, and what its wrong bytes are called.
import { describe, expect, test } from "bun:test";
import type { Digest } from "../../src/core/digest.ts";
import { ingestBlob } from "../../src/fetch/ingest.ts";
import type { Http } from "../../src/http/http.ts";
import type { Ingest } from "../../src/store/ingest.ts";
import { digestOf } from "../support/fetching.ts";
import { rejection } from "../support/http.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const right = bytes("what was published");

/** A download in memory, with what an earlier run left of it. */
function memoryIngest(leftover: Uint8Array): Ingest {
  let content = Buffer.from(leftover);
  return {
    get size() {
      return content.length;
    },
    validator: undefined,
    restart: () => {
      content = Buffer.alloc(0);
    },
    write: (chunk) => {
      content = Buffer.concat([content, chunk]);
    },
    async commit(expected) {
      const [digest, size] = [digestOf(content), content.length];
      if (expected.includes(digest)) return { committed: true, digest, size };
      content = Buffer.alloc(0);
      return { committed: false, digests: [digest], size };
    },
    release: () => undefined,
  };
}

/** Ingests from a source that sends these bodies, one each time; goes on where the leftover ends. */
async function ingest(leftover: string, bodies: readonly Uint8Array[]): Promise<{ digest: Digest; downloads: number }> {
  const rest = [...bodies];
  let waiting = 0;
  const http: Http = {
    send: () => Promise.reject(new Error("nothing but downloads")),
    async download(_, target) {
      expect(waiting).toBe(1);
      target.write((rest.shift() ?? bytes("nothing more was expected")).subarray(target.size));
      return { size: target.size };
    },
  };
  const acquire = async (): Promise<() => void> => {
    waiting++;
    return () => void waiting--;
  };
  const blob = { expected: [digestOf(right)], size: undefined };
  try {
    const { digest } = await ingestBlob(blob, memoryIngest(bytes(leftover)), {
      http,
      request: { url: "https://files.test/blob" },
      limits: { told: 1000, untold: 1000 },
      acquire,
    });
    return { digest, downloads: bodies.length - rest.length };
  } finally {
    expect(waiting).toBe(0);
  }
}

describe("one source", () => {
  test.each<[string, string, readonly Uint8Array[]]>([
    ["that has it is tried once", "", [right]],
    ["whose bytes were damaged once is tried again", "", [bytes("damaged"), right]],
    ["goes on where an earlier run stopped", "what was", [right]],
    ["is tried from the start where the leftover is of something else", "something else", [right, right]],
    ["still has two tries of its own then", "something else", [right, bytes("damaged"), right]],
  ])("%s", async (_, leftover, bodies) => {
    expect(await ingest(leftover, bodies)).toEqual({ digest: digestOf(right), downloads: bodies.length });
  });

  test("that sends the same wrong bytes twice has something else", async () => {
    const other = bytes("something newer");
    expect(await rejection(ingest("", [other, other]))).toMatchObject({
      code: "fetch",
      steady: true,
      actual: digestOf(other),
      message: `it is ${digestOf(other)} and not ${digestOf(right)}`,
    });
  });

  test("that sends other wrong bytes each time is unreliable", async () => {
    const cause = await rejection(ingest("", [bytes("damaged"), bytes("damaged otherwise")]));
    expect(cause).toMatchObject({
      steady: false,
      message: expect.stringContaining("differs from one try to the next"),
    });
  });
});
