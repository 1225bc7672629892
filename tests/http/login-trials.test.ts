// Logins of ~/.netrc and of URLs: a wrong one is sent once, however many files are fetched, so that no host locks its user out.
import { expect, test } from "bun:test";
import { rejection, testHttp } from "../support/http.ts";

/** A server that lets one user in, and what it was sent. */
function guarded(password: string, open: RegExp = /(?!)/) {
  const sent: (string | null)[] = [];
  const right = `Basic ${btoa(`ann:${password}`)}`;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const given = request.headers.get("authorization");
      sent.push(given);
      const isOpen = given === right && !open.test(request.url);
      return new Response(isOpen ? "ok" : "no", { status: isOpen ? 200 : 401 });
    },
  });
  return { sent, url: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) };
}
const names = Array.from({ length: 20 }, (_, index) => `file-${index}`);

test.each([
  ["~/.netrc", (url: string) => [url, "machine 127.0.0.1 login ann password wrong"] as const],
  ["the URL", (url: string) => [url.replace("//", "//ann:wrong@"), ""] as const],
])("a wrong login of %s is sent once, and every request says why it failed", async (_, login) => {
  await using server = guarded("right");
  const [base, netrc] = login(server.url);
  const { http } = testHttp({ netrc });
  const causes = await Promise.all(names.map(async (name) => await rejection(http.send({ url: `${base}/${name}` }))));
  expect(server.sent).toHaveLength(1);
  for (const cause of causes) expect(cause).toMatchObject({ code: "fetch", status: 401 });
  expect(causes.filter(({ message }) => message.includes("is not sent again"))).toHaveLength(names.length - 1);
  expect(causes.map(({ message }) => message).join()).not.toContain("wrong");
});

test("a right login goes along with every request; where one path is closed, the others stay open", async () => {
  await using server = guarded("right", /file-3$/);
  const { http } = testHttp({ netrc: "default login ann password right" });
  const answers = await Promise.allSettled(
    names.map(async (name) => await (await http.send({ url: `${server.url}/${name}` })).cancel()),
  );
  expect(answers.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(server.sent).toHaveLength(names.length);
  expect((await http.send({ url: `${server.url}/file-1` })).status).toBe(200);
});

test("a first request that brings no answer holds up nobody", async () => {
  const closed = guarded("right");
  await closed[Symbol.asyncDispose]();
  const { http } = testHttp({ netrc: "default login ann password right", attempts: 2 });
  const answers = await Promise.allSettled(names.map((name) => http.send({ url: `${closed.url}/${name}` })));
  expect(answers.every(({ status }) => status === "rejected")).toBeTrue();
});
