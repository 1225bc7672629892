import { expect, spyOn, test } from "bun:test";
import bcrypt from "bcryptjs";
import { Passwords, parsePasswords } from "../../src/serve/passwords.ts";

const hash = (password: string): string => bcrypt.hashSync(password, 4).replace("$2b$", "$2y$");
const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

test("users of the file are let in, and no one else", async () => {
  const passwords = new Passwords(parsePasswords(`# people\n\nops:${hash("s3:cret")}\r\näda:${hash("пароль")}\n`, "f"));
  expect(await passwords.check(basic("ops", "s3:cret"))).toEqual({ user: "ops" });
  expect(await passwords.check(basic("äda", "пароль"))).toEqual({ user: "äda" });
  expect(await passwords.check(basic("ops", "s3:cret").replace("Basic", "bAsIc"))).toEqual({ user: "ops" });
  for (const header of [
    null,
    "",
    "Basic",
    "Basic ====",
    `Bearer ${basic("ops", "s3:cret").slice(6)}`,
    `Basic ${Buffer.from("ops").toString("base64")}`,
    basic("ops", "s3:cre"),
    basic("ops", ""),
    basic("OPS", "s3:cret"),
    basic("nobody", "s3:cret"),
    basic("", ""),
    `Basic ${"A".repeat(1 << 20)}`,
  ])
    expect([header?.slice(0, 40), await passwords.check(header)]).toEqual([header?.slice(0, 40), "unknown"]);
});

test("the verdict on a header is cached: bcrypt runs once for it, right or wrong, concurrently or later", async () => {
  const passwords = new Passwords(parsePasswords(`ops:${hash("right")}`, "f"));
  const compare = spyOn(bcrypt, "compare");
  try {
    await Promise.all(Array.from({ length: 50 }, () => passwords.check(basic("ops", "right"))));
    expect(await passwords.check(basic("ops", "right"))).toEqual({ user: "ops" });
    expect(compare).toHaveBeenCalledTimes(1);
    expect(await passwords.check(basic("ops", "wrong"))).toBe("unknown");
    expect(await passwords.check(basic("ops", "wrong"))).toBe("unknown");
    expect(compare).toHaveBeenCalledTimes(2);
    // A user that is not there costs what one that is there does.
    expect(await passwords.check(basic("nobody", "right"))).toBe("unknown");
    expect(compare).toHaveBeenCalledTimes(3);
  } finally {
    compare.mockRestore();
  }
});

test("too many guesses at once are refused, and users with a cached verdict are still let in", async () => {
  const passwords = new Passwords(parsePasswords(`ops:${hash("right")}`, "f"));
  expect(await passwords.check(basic("ops", "right"))).toEqual({ user: "ops" });
  const guesses = Array.from({ length: 500 }, (_, turn) => passwords.check(basic("ops", `guess ${turn}`)));
  expect(await passwords.check(basic("ops", "right"))).toEqual({ user: "ops" });
  const verdicts = await Promise.all(guesses);
  expect(verdicts.filter((one) => one === "busy").length).toBeGreaterThan(400);
  expect(verdicts.filter((one) => one !== "busy" && one !== "unknown")).toEqual([]);
  expect(await passwords.check(basic("ops", "guess 499"))).toBe("unknown");
});

test.each([
  ['line 1: the password of "ops" is not hashed with bcrypt; write it anew with htpasswd -B', "ops:$apr1$abc$def"],
  ['line 2: the password of "old" is not hashed with bcrypt', `a:${hash("x")}\nold:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=`],
  ['"plain" is not hashed', "plain:secret"],
  ['"cut" is not hashed', `cut:${hash("x").slice(0, -1)}`],
  ["line 1: it is not USER:HASH", "what is this"],
  ["line 1: it is not USER:HASH", `:${hash("x")}`],
  ['line 2: "a" is there twice', `a:${hash("x")}\na:${hash("y")}`],
  ["there is no user in it", "# nobody\n"],
])("a file that cannot be used is refused by name: %s", (reason, text) => {
  expect(() => parsePasswords(text, "users")).toThrow(reason);
  expect(() => parsePasswords(text, "users")).toThrow("Cannot use users:");
});
