// YAML as Ansible reads it: PyYAML's YAML 1.1 (`yes` is true, 0644 is octal, 1.30 is a float, 1.2.3 is text; keys keep their
// types, the last of two equal keys wins), with Ansible's tags. js-yaml does the grammar; the meaning of scalars is defined here.
import {
  CHOMPING_MODE,
  constructFromEvents,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  EVENT_ID,
  mergeTag,
  NOT_RESOLVED,
  parseEvents,
  Schema,
  strTag,
} from "js-yaml";
import { KsoError, messageOf } from "../core/errors.ts";
import { TemplateFailure } from "./jinja/failure.ts";
import { Dict, isList, type PythonValue, UnsafeText, VaultEncrypted } from "./jinja/values.ts";
import { isVaultText, type Vault } from "./vault.ts";
import { loadIndented } from "./yaml-indentation.ts";

const never = (): false => false;
const coreTag = "tag:yaml.org,2002:";
/** How deep collections may be nested. */
const maxDepth = 60;
/** Aliases that one text may have. */
const maxAliases = 1000;

const booleans: ReadonlyMap<string, boolean> = new Map(
  ["yes", "true", "on", "no", "false", "off"].flatMap((word, index) =>
    [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()].map((spelling): [string, boolean] => [
      spelling,
      index < 3,
    ]),
  ),
);

const nullTag = defineScalarTag<null>(`${coreTag}null`, {
  implicit: true,
  resolve: (text) => (["", "~", "null", "Null", "NULL"].includes(text) ? null : NOT_RESOLVED),
  identify: never,
});
const booleanTag = defineScalarTag<boolean>(`${coreTag}bool`, {
  implicit: true,
  resolve: (text) => booleans.get(text) ?? NOT_RESOLVED,
  identify: never,
});
const integerTag = defineScalarTag<bigint>(`${coreTag}int`, {
  implicit: true,
  resolve: (text) => parseInteger(text) ?? NOT_RESOLVED,
  identify: never,
});
const floatTag = defineScalarTag<number>(`${coreTag}float`, {
  implicit: true,
  resolve: (text) => parseFloatText(text) ?? NOT_RESOLVED,
  identify: never,
});
/** PyYAML knows no value for `=`, and reads nothing of a file that has one. */
const valueTag = defineScalarTag<never>(`${coreTag}value`, {
  implicit: true,
  resolve: (text) => {
    if (text !== "=") return NOT_RESOLVED as never;
    throw new Error('a plain "=" is no value of YAML\'s: put it in quotes');
  },
  identify: never,
});
const vaultTag = (tag: string) =>
  defineScalarTag<VaultEncrypted>(tag, { resolve: (text) => new VaultEncrypted("a value", text), identify: never });
const unsafeTag = defineScalarTag<UnsafeText>("!unsafe", { resolve: (text) => new UnsafeText(text), identify: never });

const mappingTag = (tag: string, finalize: (collection: Dict) => Dict) =>
  defineMappingTag<Dict, Dict>(tag, {
    create: () => new Dict(),
    addPair: (collection, key, value) => {
      try {
        collection.set(key as PythonValue, value as PythonValue);
        return "";
      } catch (thrown) {
        return messageOf(thrown);
      }
    },
    has: (collection, key) => collection.has(key as PythonValue),
    keys: (collection) => collection.keys(),
    get: (collection, key) => collection.get(key as PythonValue),
    finalize,
    identify: never,
  });
const sequenceTag = (tag: string, finalize: (collection: PythonValue[]) => PythonValue[]) =>
  defineSequenceTag<PythonValue[], PythonValue[]>(tag, {
    create: () => [],
    addItem: (collection, item) => void collection.push(item as PythonValue),
    finalize,
    identify: never,
  });

const schema = new Schema([
  strTag,
  nullTag,
  booleanTag,
  integerTag,
  floatTag,
  valueTag,
  mergeTag,
  vaultTag("!vault"),
  vaultTag("!vault-encrypted"),
  unsafeTag,
  mappingTag(`${coreTag}map`, (dict) => dict),
  sequenceTag(`${coreTag}seq`, (list) => list),
  mappingTag("!unsafe", (dict) => new Dict(dict.entries().map(([key, value]) => [key, markUnsafe(value)]))),
  sequenceTag("!unsafe", (list) => list.map(markUnsafe)),
]);

/** Everything inside `!unsafe` is no template. */
function markUnsafe(value: PythonValue): PythonValue {
  if (typeof value === "string") return new UnsafeText(value);
  if (value instanceof Dict) return new Dict(value.entries().map(([key, item]) => [key, markUnsafe(item)]));
  return isList(value) ? value.map(markUnsafe) : value;
}

function parseInteger(text: string): bigint | undefined {
  if (!/^[-+]?[0-9]/.test(text) || text.length > 300) return undefined;
  const digits = text.replaceAll("_", "").replace(/^[-+]/, "");
  const signed = (magnitude: bigint): bigint => (text.startsWith("-") ? -magnitude : magnitude);
  if (/^[-+]?0b[01_]+$/.test(text) || /^[-+]?0x[0-9a-fA-F_]+$/.test(text)) return signed(BigInt(digits));
  if (/^[-+]?0[0-7_]+$/.test(text)) return signed(BigInt(`0o${digits}`));
  if (/^[-+]?(?:0|[1-9][0-9_]*)$/.test(text)) return signed(BigInt(digits));
  // Base 60: 1:30 is 90.
  if (/^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/.test(text))
    return signed(digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n));
  return undefined;
}

function parseFloatText(text: string): number | undefined {
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return Number.NaN;
  const digits = text.replaceAll("_", "");
  if (/^[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?$/.test(text) || /^\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?$/.test(text))
    return Number(digits);
  if (!/^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/.test(text)) return undefined;
  const magnitude = digits
    .replace(/^[-+]/, "")
    .split(":")
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return digits.startsWith("-") ? -magnitude : magnitude;
}

/**
 * Reads a file's text. `where` names it in messages. An empty file is null. What Ansible Vault encrypted is decrypted where the vault
 * has a password, a value when it is read; else it is {@link VaultEncrypted}.
 * @throws KsoError `unresolvable` with the place for what is no YAML, or more than one document.
 */
export function readYaml(text: string, where: string, vault?: Vault): PythonValue {
  if (isVaultText(text)) {
    if (!vault?.hasPasswords) return new VaultEncrypted(where);
    return readYaml(vault.decrypt(text, where), where, vault);
  }
  const documents = readYamlDocuments(text, where);
  if (documents.length > 1) throw new KsoError("unresolvable", `Cannot read ${where}: it holds more than one document`);
  const value = documents[0] ?? null;
  return text.includes("!vault") ? new VaultedValues(where, vault).open(value, "") : value;
}

/** Names the encrypted values of a file, and opens those that can be. */
class VaultedValues {
  readonly #where: string;
  readonly #vault: Vault | undefined;
  readonly #results = new Map<PythonValue, PythonValue>();
  constructor(where: string, vault: Vault | undefined) {
    this.#where = where;
    this.#vault = vault;
  }

  /** Aliases stay aliases: what they lead to is opened once. */
  open(value: PythonValue, name: string): PythonValue {
    if (!(isList(value) || value instanceof Dict || value instanceof VaultEncrypted)) return value;
    const opened = this.#results.get(value) ?? this.#openOnce(value, name);
    this.#results.set(value, opened);
    return opened;
  }

  #openOnce(value: readonly PythonValue[] | Dict | VaultEncrypted, name: string): PythonValue {
    if (isList(value)) return value.map((item, index) => this.open(item, `${name}[${index}]`));
    if (value instanceof Dict)
      return new Dict(
        value
          .entries()
          .map(([key, item]) => [key, this.open(item, name === "" ? String(key) : `${name}.${String(key)}`)]),
      );
    return this.#decrypted(value, `${name} (${this.#where})`);
  }

  #decrypted({ ciphertext }: VaultEncrypted, source: string): PythonValue {
    const vault = this.#vault;
    if (!vault?.hasPasswords || ciphertext === undefined) return new VaultEncrypted(source, ciphertext);
    return new UnsafeText(() => {
      try {
        return vault.decrypt(ciphertext, source);
      } catch (thrown) {
        throw thrown instanceof KsoError ? new TemplateFailure("invalid", thrown.message, thrown) : thrown;
      }
    });
  }
}

/** All documents of a text. @throws KsoError `unresolvable` for what is no YAML. */
export function readYamlDocuments(text: string, where: string): readonly PythonValue[] {
  try {
    return loadIndented(text, (indented) => loadDocuments(indented, where)) as PythonValue[];
  } catch (cause) {
    // The first line says what and where; the lines below it are an excerpt of the text.
    const [message = ""] = messageOf(cause).split("\n");
    throw new KsoError("unresolvable", `Cannot read ${where}: ${message.replace(` in "${where}"`, "")}`, cause);
  }
}

/** To PyYAML a block (`|`, `>`) ends without a newline where the file does; js-yaml would add one. */
function loadDocuments(text: string, filename: string): unknown[] {
  const events = parseEvents(text, { maxDepth, filename });
  const last = events.findLast((event) => event.type === EVENT_ID.SCALAR);
  if (last?.valueEnd === text.length && !text.endsWith("\n")) last.chomping = CHOMPING_MODE.STRIP;
  return constructFromEvents(events, { source: text, schema, json: true, maxAliases, filename });
}
