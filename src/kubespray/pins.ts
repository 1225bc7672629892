// Which variable of the checkout says what version an item has, and what its versions are for plugins.

import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { Dict, isNumber, type PythonValue, unwrap } from "../ansible/jinja/values.ts";
import type { Release } from "../core/plugin.ts";
import { withoutV } from "../core/version.ts";
import { attempt } from "./attempt.ts";
import type { Checkout } from "./checkout.ts";
import { type RolePin, rolePins } from "./role-pins.ts";

/** A version, and the variable that it came from. */
export interface Pin {
  readonly name: string;
  readonly version: string;
}

const isPin = (name: string): boolean => /_(?:version|tag)$/.test(name);

/**
 * Every version and tag that the checkout's roles set; versions without their leading v, tags as they are.
 * `host` sees all roles. Where a role has its own idea of a version, as Argo CD's has, that has a name of its own.
 */
export function pinsOf(checkout: Checkout, host: Templar): Release["pins"] {
  const others = [...checkout.otherRoles().values()].flat();
  const layers = [...checkout.defaults, ...checkout.vars, ...others];
  const names = new Set(layers.flatMap((layer) => [...layer.keys()].filter(isPin)));
  const pins: Record<string, string> = {};
  for (const name of [...names].sort()) {
    const value = attempt(() => unwrap(host.resolve(name) as PythonValue));
    if (typeof value !== "string" && (value === undefined || !isNumber(value))) continue;
    const text = attempt(() => str(value as PythonValue));
    if (text) pins[name] = name.endsWith("_version") ? withoutV(text) : text;
  }
  for (const one of rolePins) {
    const value = one.pin === one.variable ? undefined : roleValue(checkout, host, one);
    if (value !== undefined) pins[one.pin] = one.pin.endsWith("_version") ? withoutV(value) : value;
  }
  return pins;
}

/** What a role says of a variable of its own; `a.b` is the field b of a. */
function roleValue(checkout: Checkout, host: Templar, { variable, roles }: RolePin): string | undefined {
  const [name = "", field] = variable.split(".");
  for (const role of roles) {
    const written = checkout
      .otherRoles()
      .get(role)
      ?.findLast((layer) => layer.has(name))
      ?.get(name)?.value;
    const value = field === undefined ? written : written instanceof Dict ? written.get(field) : undefined;
    const text = value === undefined ? undefined : attempt(() => str(host.template(value)));
    if (text) return text;
  }
  return undefined;
}

/** The first variable that ends in `_version` (or is an image's tag) among those an expression rests on. */
export function pinOf(expression: PythonValue | undefined, host: Templar): Pin | undefined {
  const queue: PythonValue[] = [expression ?? ""];
  const seen = new Set<string>();
  // Breadth first: the nearest variable is the item's own.
  for (let next = queue.shift(); next !== undefined && seen.size < 100; next = queue.shift()) {
    if (typeof next !== "string") continue;
    for (const [, inside = ""] of next.matchAll(/\{\{([\s\S]*?)\}\}/g)) {
      for (const [name] of inside.replace(/'[^']*'|"[^"]*"/g, "").matchAll(/[A-Za-z_]\w*/g)) {
        if (seen.has(name)) continue;
        seen.add(name);
        const raw = host.rawOf(name);
        if (raw === undefined) continue;
        if (isPin(name)) {
          const text = attempt(() => str(host.resolve(name)));
          if (text) return { name, version: name.endsWith("_version") ? withoutV(text) : text };
        }
        queue.push(raw);
      }
    }
  }
  return undefined;
}
