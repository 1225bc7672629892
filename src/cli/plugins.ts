import type { Plugin } from "../core/plugin.ts";
export async function loadPlugins(
  _p: readonly string[],
  _b: readonly Plugin[],
): Promise<Map<string, { plugin: Plugin; path: string }>> {
  return new Map();
}
