// `kso plugin new` writes a plugin to start from; `kso plugin check` checks one as the built-in plugins are checked.
import process from "node:process";
import { Listr, ListrLogger, ProcessOutput } from "listr2";
import { type ConformanceCheck, type ConformanceResult, checks } from "../../catalog/conformance.ts";
import { createPlugin } from "../../catalog/scaffold.ts";
import { checkPlugin, pluginFiles } from "../../catalog/user-plugins.ts";
import { KsoError } from "../../core/errors.ts";
import { printable } from "../../core/quote.ts";
import { shellWord } from "../../core/shell.ts";
import { generalKeys } from "../../flags/output.ts";
import type { GeneralOptions, Options } from "../../flags/table.ts";
import { type Command, command, type Output, say, writeJson, writeLine } from "../command.ts";

export const pluginCommand: Command = command({
  name: "plugin",
  subcommands: [
    { name: "new", synopsis: "NAME" },
    { name: "check", synopsis: "PATH" },
  ],
  description: "start a component plugin, or check one",
  flags: ["pluginOutput", ...generalKeys],
  help: { pluginOutput: "where `new` writes (default: NAME.ts here)" },
  examples: [
    { line: "kso plugin new my-agent", meaning: "write my-agent.ts to start from" },
    { line: "kso plugin check my-agent.ts", meaning: "check it as the built-in ones are checked" },
  ],
  chinese: {
    description: "新建组件插件，或检查插件",
    help: { pluginOutput: "`new` 写入的文件（默认：当前目录下的 NAME.ts）" },
    examples: ["生成可供修改的 my-agent.ts", "按内置插件的标准检查"],
  },
  json: [
    { of: "new", form: "value", example: '{"name": "my-agent", "path": "my-agent.ts"}' },
    {
      of: "check",
      form: "value",
      example: '[{"path": "my-agent.ts", "ok": true, "checks": [{"check": "loads", "ok": true}]}]',
    },
  ],
  async run(options, positionals, output) {
    const [subcommand, argument, ...rest] = positionals;
    if (subcommand === "new" && argument !== undefined && rest.length === 0)
      return await create(argument, options, output);
    if (subcommand === "check" && argument !== undefined) return await check([argument, ...rest], options, output);
    throw new KsoError("usage", "Write kso plugin new NAME, or kso plugin check PATH");
  },
});

async function create(name: string, options: Options<"pluginOutput" | "json">, output: Output): Promise<void> {
  const path = await createPlugin(name, options.pluginOutput);
  if (options.json) writeJson(output, { name, path });
  else writeLine(output, path);
  say(output, { en: "Next, edit it, and check it:", zh: "下一步，编辑该文件，然后检查：" }, [
    `kso plugin check ${shellWord(path)}`,
  ]);
}

async function check(patterns: readonly string[], options: GeneralOptions, output: Output): Promise<void> {
  const failures: string[] = [];
  const reports: { path: string; ok: boolean; checks: readonly ConformanceResult[] }[] = [];
  for (const path of pluginFiles(patterns)) {
    const results = checkPlugin(path);
    if (!options.quiet) await show(path, results);
    const failed = results.filter(({ ok }) => !ok);
    failures.push(...failed.map((result) => `Cannot use the plugin ${path}: ${describe(result)}`));
    reports.push({ path, ok: failed.length === 0, checks: results });
  }
  if (options.json) writeJson(output, reports);
  if (failures.length > 0) throw new KsoError("unresolvable", failures.join("\n"));
}

function describe({ check, message }: ConformanceResult): string {
  return `"${checks[check]}" fails: ${message}`;
}

/** The checks as a list on stderr: stdout is for data. */
async function show(path: string, results: readonly ConformanceResult[]): Promise<void> {
  const byCheck = new Map<ConformanceCheck, ConformanceResult>(results.map((result) => [result.check, result]));
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  const tasks = [...byCheck].map(([name, { ok, message }]) => ({
    title: printable(`${path} ${checks[name]}${ok && message ? ` (${message})` : ""}`),
    task: () => {
      if (!ok) throw new Error(printable(message));
    },
  }));
  const options = { exitOnError: false, concurrent: false, collectErrors: false } as const;
  // A terminal without a width would get one letter a line.
  if (process.stderr.isTTY && process.stderr.columns > 0)
    await new Listr(tasks, { ...options, rendererOptions: { logger } }).run();
  else await new Listr(tasks, { ...options, renderer: "simple", rendererOptions: { logger } }).run();
}
