// `kso trust`: lets a kso.yaml run its plugins where it is found.
import { join, resolve } from "node:path";
import { KsoError } from "../../core/errors.ts";
import { statsAt } from "../../files/stats.ts";
import { generalKeys } from "../../flags/output.ts";
import { TrustedFiles } from "../../trust/trusted-files.ts";
import { type Command, command, type Output, say, writeJson } from "../command.ts";
import { configDirectory } from "../environment.ts";
import { pluginsNamedIn } from "../kso-yaml/settings.ts";

export const trustCommand: Command = command({
  name: "trust",
  usage: ["DIR", "--list", "--remove DIR"],
  description: "let a kso.yaml that is found in a directory run the plugins that it names",
  flags: ["list", "remove", ...generalKeys],
  examples: [
    {
      line: "kso trust .",
      meaning: "you have looked at the plugins that kso.yaml here names; a change of one asks again",
    },
    { line: "kso trust --list", meaning: "what is trusted, and what has changed since" },
  ],
  chinese: {
    description: "允许在某个目录中找到的 kso.yaml 运行它所列的插件",
    examples: ["已经看过此处 kso.yaml 所列的插件；插件改动后会再次询问", "列出已信任的文件，以及之后有变化的文件"],
  },
  json: [
    { of: "DIR", form: "value", example: '{"path": "/site/kso.yaml", "digests": {"plugins/a.ts": "sha256:…"}}' },
    { of: "--list", form: "value", example: '[{"path": "/site/kso.yaml", "digests": {"plugins/a.ts": "sha256:…"}}]' },
  ],
  async run(options, positionals, output) {
    const trusted = new TrustedFiles(configDirectory());
    const [directory, ...rest] = positionals;
    if (options.list && !options.remove && directory === undefined) return showList(trusted, options.json, output);
    if (options.list || directory === undefined || rest.length > 0)
      throw new KsoError("usage", "Write kso trust DIR, kso trust --list, or kso trust --remove DIR");
    const path = join(directory, "kso.yaml");
    if (options.remove) return forget(trusted, path, output);
    if (!statsAt(path)) throw new KsoError("usage", `Cannot trust ${directory}: there is no kso.yaml in it`);
    const plugins = pluginsNamedIn(path);
    if (plugins.length === 0) throw new KsoError("usage", `${path} names no plugins, so that it counts as it is`);
    const file = trusted.add({ path, plugins });
    if (options.json) writeJson(output, file);
    else
      output.data(
        Object.entries(file.digests)
          .map(([name, digest]) => `${digest}  ${name}\n`)
          .join(""),
      );
    say(output, {
      en: `${file.path} runs these where it is found, until one of them changes`,
      zh: `找到 ${file.path} 时会运行以上插件，直到其中之一发生变化`,
    });
  },
});

function showList(trusted: TrustedFiles, json: boolean, output: Output): void {
  const files = trusted.list().map((file) => {
    const fault = trusted.faultOf({ path: file.path, plugins: Object.keys(file.digests) });
    return { ...file, ...(fault !== undefined && { fault }) };
  });
  if (json) writeJson(output, files);
  else output.data(files.map(({ path, fault }) => `${path}${fault === undefined ? "" : `: ${fault}`}\n`).join(""));
}

function forget(trusted: TrustedFiles, path: string, output: Output): void {
  if (!trusted.remove(resolve(path)))
    throw new KsoError("usage", `${path} is not trusted; kso trust --list says what is`);
  say(output, { en: `${path} is no longer trusted`, zh: `不再信任 ${path}` });
}
