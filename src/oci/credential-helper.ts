// Docker's credential helpers: programs called docker-credential-NAME. They read a registry's address on stdin and write a
// user name and a secret as JSON. https://github.com/docker/docker-credential-helpers
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import * as v from "valibot";
import type { EnvironmentVariables } from "../core/environment.ts";
import { KsoError } from "../core/errors.ts";
import { parseJsonOrUndefined } from "./document.ts";

/** Which server a helper is asked about, and where the helper is named. */
export interface CredentialHelperOptions {
  /** The registry, as Docker calls it. */
  readonly server: string;
  /** The configuration file that names the helper, for messages. */
  readonly configFile: string;
  readonly env: EnvironmentVariables;
}

/** This long, because a helper may wait for a person who unlocks a keychain. Milliseconds. */
const timeout = 30_000;
const outputLimit = 1 << 20;

const loginSchema = v.object({ Username: v.string(), Secret: v.pipe(v.string(), v.nonEmpty()) });

/**
 * Asks one helper about one server; undefined when it knows nothing of it.
 * @throws KsoError `usage` naming file and helper, never the helper's output: that may be a secret.
 */
export async function runCredentialHelper(
  name: string,
  { server, configFile: file, env }: CredentialHelperOptions,
): Promise<{ username: string; secret: string } | undefined> {
  const program = `docker-credential-${name}`;
  const failed = (why: string): KsoError =>
    new KsoError("usage", `Cannot get the credentials for ${server} from ${program}, which ${file} names: ${why}`);
  if (!/^[A-Za-z0-9._-]+$/.test(name)) throw failed("that is not the name of a helper");
  const { code, output } = await run(program, server, env).catch((cause: NodeJS.ErrnoException) => {
    throw failed(
      cause.code === "ENOENT" ? "there is no such program; install it, or take it out there" : cause.message,
    );
  });
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return undefined;
    throw failed(`it ended with exit code ${code}; run "${program} get" to see why`);
  }
  const login = v.safeParse(loginSchema, parseJsonOrUndefined(output));
  if (!login.success) throw failed("its answer is not a user name and a secret");
  return { username: login.output.Username, secret: login.output.Secret };
}

function run(program: string, input: string, env: EnvironmentVariables): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["get"], { env: { ...env }, stdio: ["pipe", "pipe", "ignore"] });
    const fail = (why: string): void => {
      child.kill("SIGKILL");
      reject(new Error(why));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeout / 1000} s`), timeout);
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > outputLimit) fail("its answer does not end");
      else chunks.push(chunk);
    });
    child.once("error", (cause) => {
      clearTimeout(timer);
      reject(cause);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, output: Buffer.concat(chunks).toString("utf8") });
    });
    // A helper need not read its input; its exit code and output decide.
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${input}\n`);
  });
}
