// Docker's credential helpers: programs called docker-credential-NAME. A registry's address goes in on stdin, a name and a
// secret come out as JSON. https://github.com/docker/docker-credential-helpers
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import * as v from "valibot";
import { KsoError } from "../core/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A helper may wait for a person who unlocks a keychain. Milliseconds. */
const patience = 30_000;
const outputLimit = 1 << 20;

const answerSchema = v.object({ Username: v.string(), Secret: v.pipe(v.string(), v.nonEmpty()) });

/**
 * Asks one helper about one server; undefined when it knows nothing of it.
 * @param file where the helper is named, for messages.
 * @throws KsoError `usage` naming file and helper, never what it said: that may be a secret.
 */
export async function runCredentialHelper(
  name: string,
  server: string,
  file: string,
  env: Environment,
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
  const answer = v.safeParse(answerSchema, parse(output));
  if (!answer.success) throw failed("its answer is not a user name and a secret");
  return { username: answer.output.Username, secret: answer.output.Secret };
}

function run(program: string, input: string, env: Environment): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["get"], { env: { ...env }, stdio: ["pipe", "pipe", "ignore"] });
    const give = (why: string): void => {
      child.kill("SIGKILL");
      reject(new Error(why));
    };
    const timer = setTimeout(() => give(`no answer within ${patience / 1000} s`), patience);
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > outputLimit) give("its answer does not end");
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
    // A helper that does not read its input is judged by what it says.
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${input}\n`);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
