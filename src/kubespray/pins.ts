// Pins: the versions that a checkout's roles set, and the variable that an item's version comes from.
import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict, isNumber, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import type { VariableSource } from "../ansible/variables.ts";
import type { Release } from "../core/plugin.ts";
import { withoutV } from "../core/version.ts";
import type { Checkout } from "./checkout.ts";
import { type RolePin, rolePins } from "./role-pins.ts";

/** A version, and the variable that it came from. */
export interface Pin {
  readonly name: string;
  readonly version: string;
}

/** Variables that are searched for one item's version. */
const maxVariables = 100;

function isPin(name: string): boolean {
  return /_(?:version|tag)$/.test(name);
}

/** A version without its leading v; a tag as it is. */
function pinValue(name: string, text: string): string {
  return name.endsWith("_version") ? withoutV(text) : text;
}

/**
 * Every version and tag that the checkout's roles set. `templar` sees all roles. Where a role sets a version under a name that
 * another role sets too (Argo CD's does), the pin has a different name.
 */
export function pinsOf(checkout: Checkout, templar: Templar): Release["pins"] {
  const otherRoles = [...checkout.otherRoles().values()].flat();
  const sources = [...checkout.defaults, ...checkout.vars, ...otherRoles];
  const names = new Set(sources.flatMap((source) => [...source.keys()].filter(isPin)));
  const pins: Record<string, string> = {};
  for (const name of [...names].sort()) {
    const text = versionText(name, templar);
    if (text) pins[name] = pinValue(name, text);
  }
  for (const rolePin of rolePins) {
    if (rolePin.pin === rolePin.variable) continue;
    const value = isOverridden(rolePin.variable, sources, templar)
      ? commonValue(templar, rolePin)
      : roleValue(checkout, templar, rolePin);
    if (value !== undefined) pins[rolePin.pin] = pinValue(rolePin.pin, value);
  }
  return pins;
}

function versionText(name: string, templar: Templar): string | undefined {
  return attempt(() => {
    const value = unwrap(templar.resolve(name));
    return typeof value === "string" || isNumber(value) ? str(value) : undefined;
  });
}

/** Whether an inventory sets a variable, which then has one value for all roles. */
function isOverridden(variable: string, sources: readonly VariableSource[], templar: Templar): boolean {
  const [name = ""] = variable.split(".");
  const raw = templar.rawOf(name);
  return raw !== undefined && sources.every((source) => source.get(name)?.value !== raw);
}

/** The value that a variable has for all roles; `a.b` is the field b of a. */
function commonValue(templar: Templar, { variable }: RolePin): string | undefined {
  const [name = "", field] = variable.split(".");
  return attempt(() => {
    const value = unwrap(templar.resolve(name));
    const chosen = field === undefined ? value : value instanceof Dict ? value.get(field) : undefined;
    return chosen === undefined ? undefined : str(templar.template(chosen));
  });
}

/** The value that a role's defaults give to a variable; `a.b` is the field b of a. */
function roleValue(checkout: Checkout, templar: Templar, { variable, roles }: RolePin): string | undefined {
  const [name = "", field] = variable.split(".");
  for (const role of roles) {
    const sources = checkout.otherRoles().get(role) ?? [];
    const written = sources.findLast((source) => source.has(name))?.get(name)?.value;
    const value = field === undefined ? written : written instanceof Dict ? written.get(field) : undefined;
    const text = value === undefined ? undefined : attempt(() => str(templar.template(value)));
    if (text) return text;
  }
  return undefined;
}

/** The first variable that ends in `_version` (or is an image's tag) among those an expression rests on. */
export function pinOf(expression: PythonValue | undefined, templar: Templar): Pin | undefined {
  const queue: PythonValue[] = [expression ?? ""];
  const visited = new Set<string>();
  // Breadth first: the nearest variable is the item's own.
  for (let next = queue.shift(); next !== undefined && visited.size < maxVariables; next = queue.shift()) {
    for (const name of variablesIn(next).difference(visited)) {
      visited.add(name);
      const raw = templar.rawOf(name);
      const pin = raw === undefined ? undefined : pinNamed(name, templar);
      if (pin) return pin;
      if (raw !== undefined) queue.push(raw);
    }
  }
  return undefined;
}

/** The pin that a variable is; undefined for another variable, and for one without a value. */
function pinNamed(name: string, templar: Templar): Pin | undefined {
  const text = isPin(name) ? attempt(() => str(templar.resolve(name))) : undefined;
  return text ? { name, version: pinValue(name, text) } : undefined;
}

/** Every word between `{{` and `}}` that is not in quotes. */
function variablesIn(template: PythonValue): Set<string> {
  const expressions = typeof template === "string" ? [...template.matchAll(/\{\{([\s\S]*?)\}\}/g)] : [];
  return new Set(
    expressions.flatMap(([, expression = ""]) =>
      [...expression.replace(/'[^']*'|"[^"]*"/g, "").matchAll(/[A-Za-z_]\w*/g)].map(([name]) => name),
    ),
  );
}
