// Signals while this thread waits for something outside of it.
import process from "node:process";

/** While this thread waits no handler of signals can run: meanwhile they end the process at once. */
export function withoutHandlers<T>(wait: () => T): T {
  const kept = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) => [name, process.listeners(name)] as const);
  for (const [name] of kept) process.removeAllListeners(name);
  try {
    return wait();
  } finally {
    for (const [name, listeners] of kept) for (const listener of listeners) process.on(name, listener);
  }
}
