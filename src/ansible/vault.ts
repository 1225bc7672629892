// Ansible Vault: decrypts files and values of the formats 1.1 and 1.2 (PBKDF2-HMAC-SHA256, AES-256-CTR, HMAC-SHA256).

import { isUtf8 } from "node:buffer";
import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { KsoError } from "../core/errors.ts";
import { readBytes } from "../files/read.ts";
import { statsOf } from "./folder.ts";
import type { InventoryOptions } from "./inventory/options.ts";

/** Bytes that a file with a password may have. */
const maxPasswordBytes = 16 * 1024;
const header = /^\$ANSIBLE_VAULT;([^;\r\n]*);([^;\r\n]*)(?:;([^\r\n]*))?\r?\n/;
/** Labels of ids whose password Ansible asks for on a terminal. */
const prompts = ["prompt", "prompt_ask_vault_pass"];

/** A password, and the label that it was given for. */
interface Secret {
  readonly label: string;
  readonly password: Buffer;
}

/** Whether a text is one that Ansible Vault encrypted. */
export function isVaultText(text: string): boolean {
  return text.startsWith("$ANSIBLE_VAULT;");
}

/** The passwords of a run. Deriving a key is slow on purpose, so nothing is decrypted before it is read, and nothing twice. */
export class Vault {
  readonly #secrets: readonly Secret[];
  readonly #results = new Map<string, Decryption>();
  constructor(secrets: readonly Secret[]) {
    this.#secrets = secrets;
  }

  /** Whether there is any password. */
  get hasPasswords(): boolean {
    return this.#secrets.length > 0;
  }

  /** The text that was encrypted; `where` names it. @throws KsoError `unresolvable` where no password fits. */
  decrypt(text: string, where: string): string {
    const result = this.#results.get(text) ?? this.#decryption(text);
    this.#results.set(text, result);
    if (result.plain !== undefined) return result.plain;
    throw new KsoError("unresolvable", `Cannot decrypt ${where}: ${result.reason}`);
  }

  #decryption(text: string): Decryption {
    const envelope = readEnvelope(text);
    if ("reason" in envelope) return envelope;
    const { label, payload } = envelope;
    // As Ansible does: the passwords of that label first, then every other one.
    const candidates = [...this.#secrets].sort((a, b) => Number(b.label === label) - Number(a.label === label));
    for (const { password } of candidates) {
      const plain = open(payload, password);
      if (plain === undefined) continue;
      return isUtf8(plain) ? { plain: plain.toString("utf8") } : { reason: "what it holds is not UTF-8 text" };
    }
    const labelled = label === undefined ? "" : ` (its label is "${label}")`;
    return {
      reason: `${candidates.length === 1 ? "the vault password does not fit" : "no vault password fits"}${labelled}`,
    };
  }
}

/** What became of an encrypted text. */
type Decryption = { readonly plain: string } | { readonly plain?: never; readonly reason: string };

/** The parts of an encrypted text. */
interface Payload {
  readonly salt: Buffer;
  readonly mac: Buffer;
  readonly ciphertext: Buffer;
}

/** An encrypted text in its parts, or why it is none. */
type Envelope = { readonly label: string | undefined; readonly payload: Payload } | { readonly reason: string };

function readEnvelope(text: string): Envelope {
  const envelope = text.trim().concat("\n");
  const [head = "", version = "", cipher = "", label] = header.exec(envelope) ?? [];
  if (!(["1.1", "1.2"].includes(version.trim()) && cipher.trim() === "AES256"))
    return { reason: `its format is "${version};${cipher}", and kso reads 1.1 and 1.2 with AES256` };
  const parts = fromHex(envelope.slice(head.length))?.toString("latin1").split("\n");
  const [salt, mac, ciphertext] = (parts ?? []).map(fromHex);
  if (parts?.length !== 3 || !salt || !mac || !ciphertext) return { reason: "it is damaged" };
  return { label: label?.trim(), payload: { salt, mac, ciphertext } };
}

function fromHex(text: string): Buffer | undefined {
  const digits = text.replace(/\s+/g, "");
  return /^(?:[0-9a-f]{2})+$/i.test(digits) ? Buffer.from(digits, "hex") : undefined;
}

/** What was encrypted; undefined where it was with another password. */
function open({ salt, mac, ciphertext }: Payload, password: Buffer): Buffer | undefined {
  const derived = pbkdf2Sync(password, salt, 10_000, 80, "sha256");
  const [key, macKey, counter] = [derived.subarray(0, 32), derived.subarray(32, 64), derived.subarray(64)];
  const expected = createHmac("sha256", macKey).update(ciphertext).digest();
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined;
  const decipher = createDecipheriv("aes-256-ctr", key, counter);
  const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  return padded.subarray(0, padded.length - (padded.at(-1) ?? 0));
}

/** The passwords that the options name. @throws KsoError `usage` for one that cannot be read, or that a program would print. */
export function openVault({ vaultPasswordFiles, vaultIds }: InventoryOptions): Vault {
  return new Vault([
    ...vaultIds.map((id): Secret => {
      const [, label = "default", source = ""] = /^(?:([^@]*)@)?(.*)$/s.exec(id) ?? [];
      if (!prompts.includes(source)) return { label, password: readPassword(source, "--vault-id") };
      throw new KsoError("usage", `--vault-id ${id}: kso asks for no password; put it into a file and name that`);
    }),
    ...vaultPasswordFiles.map(
      (path): Secret => ({ label: "default", password: readPassword(path, "--vault-password-file") }),
    ),
  ]);
}

/** A pipe gives its text once, and a run may ask for it again. */
const textsOfPipes = new Map<string, Uint8Array>();

function readPassword(path: string, flag: string): Buffer {
  const refuse = (reason: string): KsoError => new KsoError("usage", `Cannot read ${path} (${flag}): ${reason}`);
  const stats = statsOf(path);
  if (!stats) throw refuse("there is no such file");
  if (stats.isFile() && (stats.mode & 0o111) !== 0)
    throw refuse(
      "it is executable, so Ansible would run it, and kso runs nothing; save what it prints, or chmod -x it",
    );
  // As Ansible does, of a pipe too: <(pass show vault).
  const bytes = textsOfPipes.get(path) ?? readBytes(path, flag, maxPasswordBytes, { pipe: true });
  if (stats.isFIFO()) textsOfPipes.set(path, bytes);
  const text = Buffer.from(bytes).toString("latin1");
  // Not trim(): a byte of a password may be another alphabet's blank.
  const [password = ""] = /[^ \t\n\r\v\f](?:[\s\S]*[^ \t\n\r\v\f])?/.exec(text) ?? [];
  if (password === "") throw refuse("it is empty");
  return Buffer.from(password, "latin1");
}
