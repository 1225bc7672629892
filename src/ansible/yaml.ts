// YAML as Ansible reads it: PyYAML's YAML 1.1 (`yes` is true, 0644 is octal, 1.30 is a float, 1.2.3 is text; keys keep their
// types, the last of two equal keys wins), with Ansible's tags. js-yaml does the grammar; what a scalar means is said here.
import {
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  Schema,
  strTag,
} from "js-yaml";
import { KsoError, messageOf } from "../core/errors.ts";
import { Dict, isList, type PythonValue, UnsafeText, VaultEncrypted } from "./jinja/values.ts";

const never = (): false => false;
const core = "tag:yaml.org,2002:";

const booleans: ReadonlyMap<string, boolean> = new Map(
  ["yes", "true", "on", "no", "false", "off"].flatMap((word, index) =>
    [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()].map((one): [string, boolean] => [
      one,
      index < 3,
    ]),
  ),
);

const nothing = defineScalarTag<null>(`${core}null`, {
  implicit: true,
  resolve: (text) => (["", "~", "null", "Null", "NULL"].includes(text) ? null : NOT_RESOLVED),
  identify: never,
});
const boolean = defineScalarTag<boolean>(`${core}bool`, {
  implicit: true,
  resolve: (text) => booleans.get(text) ?? NOT_RESOLVED,
  identify: never,
});
const integer = defineScalarTag<bigint>(`${core}int`, {
  implicit: true,
  resolve: (text) => integerOf(text) ?? NOT_RESOLVED,
  identify: never,
});
const float = defineScalarTag<number>(`${core}float`, {
  implicit: true,
  resolve: (text) => floatOf(text) ?? NOT_RESOLVED,
  identify: never,
});
const vault = (tag: string) =>
  defineScalarTag<VaultEncrypted>(tag, { resolve: () => new VaultEncrypted("a value"), identify: never });
const unsafe = defineScalarTag<UnsafeText>("!unsafe", { resolve: (text) => new UnsafeText(text), identify: never });

const mapping = (tag: string, finalize: (made: Dict) => Dict) =>
  defineMappingTag<Dict, Dict>(tag, {
    create: () => new Dict(),
    addPair: (made, key, value) => {
      try {
        made.set(key as PythonValue, value as PythonValue);
        return "";
      } catch (thrown) {
        return messageOf(thrown);
      }
    },
    has: (made, key) => made.has(key as PythonValue),
    keys: (made) => made.keys(),
    get: (made, key) => made.get(key as PythonValue),
    finalize,
    identify: never,
  });
const sequence = (tag: string, finalize: (made: PythonValue[]) => PythonValue[]) =>
  defineSequenceTag<PythonValue[], PythonValue[]>(tag, {
    create: () => [],
    addItem: (made, item) => void made.push(item as PythonValue),
    finalize,
    identify: never,
  });

const schema = new Schema([
  strTag,
  ...[nothing, boolean, integer, float, mergeTag],
  ...[vault("!vault"), vault("!vault-encrypted"), unsafe],
  mapping(`${core}map`, (made) => made),
  sequence(`${core}seq`, (made) => made),
  mapping("!unsafe", (made) => new Dict(made.entries().map(([key, value]) => [key, verbatim(value)]))),
  sequence("!unsafe", (made) => made.map(verbatim)),
]);

/** Everything inside `!unsafe` is no template. */
function verbatim(value: PythonValue): PythonValue {
  if (typeof value === "string") return new UnsafeText(value);
  if (value instanceof Dict) return new Dict(value.entries().map(([key, item]) => [key, verbatim(item)]));
  return isList(value) ? value.map(verbatim) : value;
}

function integerOf(text: string): bigint | undefined {
  const bare = text.replaceAll("_", "");
  const digits = bare.replace(/^[-+]/, "");
  if (!/^[-+]?[0-9]/.test(text) || text.length > 300) return undefined;
  const signed = (size: bigint): bigint => (bare.startsWith("-") ? -size : size);
  if (/^[-+]?0b[01_]+$/.test(text) || /^[-+]?0x[0-9a-fA-F_]+$/.test(text)) return signed(BigInt(digits));
  if (/^[-+]?0[0-7_]+$/.test(text)) return signed(BigInt(`0o${digits}`));
  if (/^[-+]?(?:0|[1-9][0-9_]*)$/.test(text)) return signed(BigInt(digits));
  if (/^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/.test(text))
    return signed(digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n));
  return undefined;
}

function floatOf(text: string): number | undefined {
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return Number.NaN;
  const bare = text.replaceAll("_", "");
  if (/^[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?$/.test(text) || /^\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?$/.test(text))
    return Number(bare);
  if (!/^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/.test(text)) return undefined;
  const size = bare
    .replace(/^[-+]/, "")
    .split(":")
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return bare.startsWith("-") ? -size : size;
}

/**
 * Reads a file's text. `where` names it in messages. An empty file is null, one that Ansible Vault encrypted is {@link VaultEncrypted}.
 * @throws KsoError `unresolvable` with the place for what is no YAML, or more than one document.
 */
export function readYaml(text: string, where: string): PythonValue {
  if (text.startsWith("$ANSIBLE_VAULT;")) return new VaultEncrypted(where);
  const documents = documentsOf(text, where);
  if (documents.length > 1) throw new KsoError("unresolvable", `Cannot read ${where}: it holds more than one document`);
  return documents[0] ?? null;
}

/** All documents of a text. @throws KsoError `unresolvable` for what is no YAML. */
export function documentsOf(text: string, where: string): readonly PythonValue[] {
  try {
    return loadAll(text, { schema, json: true, maxDepth: 60, maxAliases: 1000, filename: where }) as PythonValue[];
  } catch (cause) {
    // The library adds a picture of the place; the first line has all that fits a message.
    const [said = ""] = messageOf(cause).split("\n");
    throw new KsoError("unresolvable", `Cannot read ${where}: ${said.replace(` in "${where}"`, "")}`, cause);
  }
}
