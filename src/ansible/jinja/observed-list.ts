// A list that notes what is asked of it. Two hosts that are in other groups have the same downloads, as long as nothing asks for a
// group that only one of them is in: so a thousand hosts in twenty racks are evaluated once and not twenty times.
import { type PythonValue, unwrap } from "./values.ts";

interface ObservedList {
  readonly list: readonly string[];
  readonly members: ReadonlySet<string>;
  /** What was looked for in it. */
  readonly searched: Set<string>;
  /** Whether it was read in any other way: then all of it counts. */
  isRead: boolean;
}

const observedLists = new WeakMap<object, ObservedList>();
const proxies = new WeakMap<readonly string[], readonly string[]>();

/** The list, observed; the same one for the same list. Its texts hold no template. */
export function observedList(list: readonly string[]): readonly string[] {
  const existing = proxies.get(list);
  if (existing) return existing;
  const observed: ObservedList = { list, members: new Set(list), searched: new Set(), isRead: false };
  const proxy = new Proxy(list, {
    get(target, property) {
      observed.isRead = true;
      return Reflect.get(target, property);
    },
  });
  observedLists.set(proxy, observed);
  proxies.set(list, proxy);
  return proxy;
}

/** Whether a value is an observed list. */
export function isObserved(value: PythonValue): boolean {
  return observedOf(value) !== undefined;
}

/** Those of `items` that an observed list holds, in the list's order; undefined where it is none. */
export function foundIn(list: PythonValue, items: readonly PythonValue[]): readonly string[] | undefined {
  const observed = observedOf(list);
  if (!observed) return undefined;
  const texts = items.map((item) => unwrap(item)).filter((item) => typeof item === "string");
  for (const text of texts) observed.searched.add(text);
  const found = new Set(texts.filter((text) => observed.members.has(text)));
  return found.size === 0 ? [] : observed.list.filter((text) => found.has(text));
}

/** Whether two observed lists give the same answer to all that was asked of the first; undefined where one is no such list. */
export function answersAlike(first: PythonValue, second: PythonValue): boolean | undefined {
  const [a, b] = [observedOf(first), observedOf(second)];
  if (!(a && b)) return undefined;
  if (a === b) return true;
  if (a.isRead) return a.list.length === b.list.length && a.list.every((text, index) => text === b.list[index]);
  return a.searched.values().every((text) => a.members.has(text) === b.members.has(text));
}

function observedOf(value: PythonValue): ObservedList | undefined {
  return typeof value === "object" && value !== null ? observedLists.get(value) : undefined;
}
