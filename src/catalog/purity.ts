// Runs contribute so that impurity shows: twice, over frozen copies, the second time backwards, with clock, randomness and
// network out of reach.
import { messageOf } from "../core/errors.ts";
import { type Platform, platformName } from "../core/platform.ts";
import type { Contribution, Plugin, Release } from "../core/plugin.ts";
import { maxContributions } from "./contributions.ts";

/** What contribute is called with. */
export interface ContributeCall {
  readonly release: Release;
  readonly platform: Platform;
}

/**
 * The contributions of each call, as plain data.
 * @throws Error when contribute throws, is not synchronous, or gives something else the second time.
 */
export function contributeTwice(plugin: Plugin, calls: readonly ContributeCall[]): Contribution[][] {
  const first = calls.map((call) => contributeOnce(plugin, call));
  const second = calls
    .map((_, index) => contributeOnce(plugin, calls[calls.length - 1 - index] as ContributeCall))
    .reverse();
  for (const [index, { release, platform }] of calls.entries())
    if (first[index] !== second[index])
      throw new Error(`contribute is not pure: two runs for ${release.name} on ${platformName(platform)} differ`);
  return first.map((text) => JSON.parse(text) as Contribution[]);
}

/** A deep copy that cannot be changed. */
function frozen<T>(value: T): T {
  return freeze(structuredClone(value));
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) freeze(inner);
    Object.freeze(value);
  }
  return value;
}

function contributeOnce(plugin: Plugin, call: ContributeCall): string {
  return withoutAmbientAccess(() => {
    try {
      return collect(plugin, frozen(call));
    } catch (thrown) {
      if (mutatesInput(plugin, call)) throw new Error(`contribute changes what it is given: ${messageOf(thrown)}`);
      throw thrown;
    }
  });
}

/** True when contribute changes its input where it can. */
export function mutatesInput(plugin: Plugin, call: ContributeCall): boolean {
  const input = structuredClone(call);
  try {
    collect(plugin, input);
  } catch {
    // What contribute throws is not the question here.
  }
  return JSON.stringify(input) !== JSON.stringify(call);
}

function collect(plugin: Plugin, { release, platform }: ContributeCall): string {
  const result: unknown = plugin.contribute(release, platform);
  if (typeof (result as Iterable<unknown> | undefined)?.[Symbol.iterator] !== "function" || typeof result === "string")
    throw new Error(`contribute must give a list or be a generator, and not ${describe(result)}`);
  const items: unknown[] = [];
  // One more than contributionsOf accepts, so that it refuses them.
  for (const item of result as Iterable<unknown>) if (items.push(item) > maxContributions) break;
  return JSON.stringify(items);
}

function describe(value: unknown): string {
  if (value instanceof Promise) return "a promise: it is synchronous";
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value
    ? "an asynchronous generator: it is synchronous"
    : typeof value;
}

/** Runs `run` while everything that a pure function does not use (clock, randomness, network) throws. */
function withoutAmbientAccess<T>(run: () => T): T {
  const restores = [
    forbid(Math, "random", "Math.random"),
    forbid(Date, "now", "Date.now"),
    forbid(performance, "now", "performance.now"),
    forbid(Reflect.get(globalThis, "crypto"), "randomUUID", "crypto.randomUUID"),
    forbid(Reflect.get(globalThis, "crypto"), "getRandomValues", "crypto.getRandomValues"),
    forbid(globalThis, "fetch", "fetch"),
    replace(globalThis, "Date", dateWithoutNow()),
  ];
  try {
    return run();
  } finally {
    for (const restore of restores.reverse()) restore();
  }
}

function forbid(owner: object, key: string, name: string): () => void {
  return replace(owner, key, () => {
    throw new Error(`contribute is not pure: it uses ${name}`);
  });
}

/** Replaces the value of a property; returns a function that restores it. */
function replace(owner: object, key: string, value: unknown): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, key);
  Object.defineProperty(owner, key, { value, configurable: true, writable: true });
  return () => {
    if (descriptor) Object.defineProperty(owner, key, descriptor);
    else Reflect.deleteProperty(owner, key);
  };
}

/** A Date that refuses to be made from the clock. */
function dateWithoutNow(): DateConstructor {
  const refuse = (): never => {
    throw new Error("contribute is not pure: it asks for today's date");
  };
  return new Proxy(Date, {
    apply: refuse,
    construct: (target, parts, self) => (parts.length === 0 ? refuse() : Reflect.construct(target, parts, self)),
  });
}
