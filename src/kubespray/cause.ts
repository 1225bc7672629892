// Why a condition holds, for people: the variables in it, with their values.
import { isObserved } from "../ansible/jinja/observed-list.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { type PythonValue, Undefined } from "../ansible/jinja/values.ts";

/** Characters of an expression that are searched for variables. */
const maxLength = 2000;
/** Characters of a value that is shown. */
const maxShown = 60;

const keywords: ReadonlySet<string> = new Set("and or not in is if else true false none True False None".split(" "));

/** `kube_network_plugin = calico`; `always` and `never` for a plain boolean. */
export function causeOf(condition: PythonValue, templar: Templar): string {
  if (typeof condition === "boolean") return condition ? "always" : "never";
  if (typeof condition !== "string") return "";
  return [...new Set(variablesIn(condition))].flatMap((name) => assignmentOf(name, templar)).join(", ");
}

function assignmentOf(name: string, templar: Templar): string[] {
  try {
    const value = templar.variable(name);
    // To print a host's groups would make every host a case of its own.
    if (value === undefined || value instanceof Undefined || isObserved(value)) return [];
    const text = str(value);
    return text.length > maxShown ? [] : [`${name} = ${text}`];
  } catch {
    // What cannot be evaluated is reported with the item, not here.
    return [];
  }
}

/** The names in an expression that are variables: not in quotes, and not an attribute, a filter or a test. */
function variablesIn(expression: string): string[] {
  const names = expression
    .slice(0, maxLength)
    .replace(/'[^']*'|"[^"]*"/g, " ")
    .replace(/(?:\||\bis\s+not\b|\bis\b|\.)\s*\w+/g, " ");
  return [...names.matchAll(/[A-Za-z_]\w*/g)].map(([name]) => name).filter((name) => !keywords.has(name));
}
