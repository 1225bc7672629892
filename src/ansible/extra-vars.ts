// `-e/--extra-vars`: variables that win over all others.
import { KsoError } from "../core/errors.ts";
import { readNamed } from "./folder.ts";
import type { InventoryOptions } from "./inventory/options.ts";
import { Dict, typeName } from "./jinja/values.ts";
import { keyValues } from "./key-values.ts";
import { mergeVariables, type Variable, type VariableSource, variableSource } from "./variables.ts";
import { openVault, type Vault } from "./vault.ts";
import { readYaml } from "./yaml.ts";

/** Characters of a text that a message repeats. */
const maxLength = 60;

/**
 * The variables that flags set, put together in their order. A `@FILE` counts from the working directory.
 * @throws KsoError `usage` for what sets no variable, and for a file that cannot be read.
 */
export function extraVariables(options: InventoryOptions, mergesHashes: boolean): VariableSource {
  const variables = new Map<string, Variable>();
  if (options.extraVars.length === 0) return variables;
  const vault = openVault(options);
  for (const text of options.extraVars)
    for (const [name, variable] of variablesIn(text, vault)) {
      const weaker = mergesHashes ? variables.get(name) : undefined;
      variables.set(name, weaker === undefined ? variable : mergeVariables(weaker, variable));
    }
  return variables;
}

function variablesIn(text: string, vault: Vault): VariableSource {
  if (text.startsWith("@")) return variablesOfFile(text.slice(1), vault);
  if (/^[./]/.test(text)) throw problem(text, "a file is named with @ before it");
  if (/^[{[]/.test(text)) return variablesOfYaml(text, `--extra-vars ${excerpt(text)}`, vault);
  const { pairs, strays } = keyValues(text) ?? { pairs: [], strays: [] };
  const [stray] = strays;
  if (stray !== undefined) throw problem(text, `"${excerpt(stray)}" is no key=value`);
  if (pairs.length === 0) throw problem(text, "it is no key=value; a quotation mark or a template may not close");
  return variableSource(new Dict(pairs), "--extra-vars");
}

function variablesOfFile(path: string, vault: Vault): VariableSource {
  return variablesOfYaml(readNamed(path, "--extra-vars"), `${path} (--extra-vars)`, vault);
}

function variablesOfYaml(text: string, where: string, vault: Vault): VariableSource {
  let value: ReturnType<typeof readYaml>;
  try {
    value = readYaml(text, where, vault);
  } catch (thrown) {
    throw thrown instanceof KsoError ? new KsoError("usage", thrown.message, thrown) : thrown;
  }
  if (value instanceof Dict) return variableSource(value, where);
  throw new KsoError("usage", `Cannot use ${where}: it must be variables, and is a ${typeName(value)}`);
}

function problem(text: string, reason: string): KsoError {
  return new KsoError("usage", `Cannot use --extra-vars ${excerpt(text)}: ${reason}`);
}

function excerpt(text: string): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
