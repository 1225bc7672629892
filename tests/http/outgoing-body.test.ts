// Bodies on their way out: sent again as a whole where a try fails, counted exactly, taken along by a redirect that keeps the method.
import { afterEach, expect, test } from "bun:test";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RequestBody } from "../../src/http/request.ts";
import { rejection, sample, testHttp } from "../support/http.ts";

const bytes = sample(3_000_000);
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Got {
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Uint8Array;
}

/** Takes bodies whole; `answer` decides, request by request. */
async function serve(
  answer: (response: ServerResponse, count: number, request: IncomingMessage) => void | Promise<void>,
): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  let count = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      // The client has left.
      return;
    }
    got.push({ method: request.method ?? "", headers: request.headers, body: new Uint8Array(Buffer.concat(chunks)) });
    await answer(response, ++count, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

function bodyOf(content: Uint8Array, size = content.length): RequestBody & { opened: number } {
  const body = {
    size,
    opened: 0,
    open() {
      body.opened++;
      return new Blob([new Uint8Array(content)]).stream();
    },
  };
  return body;
}

test("a body arrives whole, with its length, and is counted", async () => {
  const { url, got } = await serve((response) => void response.writeHead(201).end());
  let sent = 0;
  const onSent = (more: number): void => {
    sent += more;
  };
  for (const content of [bytes, new Uint8Array(0)])
    await (await testHttp().http.send({ url, method: "PUT", body: bodyOf(content), onSent })).cancel();
  expect(got.map(({ method, body, headers }) => [method, body.length, headers["content-length"]])).toEqual([
    ["PUT", bytes.length, String(bytes.length)],
    ["PUT", 0, "0"],
  ]);
  expect(got[0]?.body).toEqual(bytes);
  expect(sent).toBe(bytes.length);
});

test("each try sends it from the start, and only the one that counts is counted", async () => {
  const { url, got } = await serve((response, count) => {
    if (count === 1) response.destroy();
    else response.writeHead(count < 4 ? 503 : 200).end();
  });
  let sent = 0;
  const onSent = (more: number): void => {
    sent += more;
  };
  const body = bodyOf(bytes);
  const { http, waits } = testHttp();
  await (await http.send({ url, method: "PUT", body, onSent })).cancel();
  expect([got.length, body.opened, waits.length, sent]).toEqual([4, 4, 3, bytes.length]);
  expect(got.every((one) => one.body.length === bytes.length)).toBeTrue();
  const failure = await rejection(
    testHttp({ attempts: 2 }).http.send({
      url: "http://127.0.0.1:1",
      method: "PUT",
      body,
      onSent,
    }),
  );
  expect(failure.message).toContain("connection refused");
  expect(sent).toBe(bytes.length);
});

test.each([307, 308])("%d takes it along, without what only the first host may see", async (status) => {
  const other = await serve((response) => void response.writeHead(201).end());
  const first = await serve((response) => void response.writeHead(status, { location: `${other.url}/there` }).end());
  const asked = { url: first.url, method: "PUT", body: bodyOf(bytes), headers: { authorization: "secret" } } as const;
  expect((await testHttp().http.send(asked)).status).toBe(201);
  expect(other.got[0]?.body).toEqual(bytes);
  expect([first.got[0]?.headers.authorization, other.got[0]?.headers.authorization]).toEqual(["secret", undefined]);
});

test.each([301, 302, 303])("%d would lose it, and is refused with the address", async (status) => {
  const first = await serve((response) => void response.writeHead(status, { location: "/there" }).end());
  const failure = await rejection(testHttp().http.send({ url: first.url, method: "PUT", body: bodyOf(bytes) }));
  expect(failure.message).toContain(`${first.url}/there; name that address`);
  expect(first.got.length).toBe(1);
});

test("bytes that are fewer or more than promised are no fault of the network", async () => {
  const { url } = await serve((response) => void response.writeHead(200).end());
  for (const size of [bytes.length + 1, bytes.length - 1]) {
    const { http, waits } = testHttp();
    const failure = await rejection(http.send({ url, method: "PUT", body: bodyOf(bytes, size) }));
    expect(failure).toMatchObject({ code: "unexpected" });
    expect(failure.message).toContain(`where ${size} were promised`);
    expect(waits).toEqual([]);
  }
});

test("a server that works on what it got has ten times the idle timeout, and no more", async () => {
  const never = await serve(() => undefined);
  const options = { idleTimeout: 20, attempts: 1 };
  const ask = (slow: boolean) =>
    rejection(testHttp(options).http.send({ url: never.url, method: "PUT", body: bodyOf(bytes), slow }));
  expect((await ask(false)).message).toContain("no byte for 0.02 s");
  expect((await ask(true)).message).toContain("no byte for 0.2 s");
});

test("a body that moves is not idle, however long it takes", async () => {
  const { url, got } = await serve((response) => void response.writeHead(200).end());
  const silence = await serve(() => undefined);
  // Each piece arrives when another request has been given up, after half of the idle timeout; together they take twice as long as that.
  let left = 4;
  const body: RequestBody = {
    size: 4,
    open: () =>
      new ReadableStream({
        async pull(controller) {
          await rejection(testHttp({ idleTimeout: 50, attempts: 1 }).http.send({ url: silence.url }));
          controller.enqueue(new Uint8Array(1));
          if (--left === 0) controller.close();
        },
      }),
  };
  await (await testHttp({ idleTimeout: 100, attempts: 1 }).http.send({ url, method: "PUT", body })).cancel();
  expect(got[0]?.body.length).toBe(4);
});

test("Ctrl-C ends it in the middle", async () => {
  const abort = new AbortController();
  const { url } = await serve((response) => void response.writeHead(200).end());
  const body: RequestBody = {
    size: 100,
    open: () =>
      new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(1));
          abort.abort(new Error("enough"));
          return new Promise(() => undefined);
        },
      }),
  };
  const failure = await rejection(testHttp().http.send({ url, method: "PUT", body, signal: abort.signal }));
  expect(failure.message).toBe("enough");
});
