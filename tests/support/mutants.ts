// `npm run mutants -- src/FOLDER [--count 40] [--seed 1] [--tests PATH]`: changes one operator at a time in a copy of the checkout and
// runs the folder's unit tests. A change that no test notices is printed as a survivor; with survivors the exit code is 1.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { globSync } from "tinyglobby";
import { groundTruth, root } from "./paths.ts";

interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** What is changed into what: comparisons, logic, arithmetic, constants, negations, and calls that are left out. */
const mutations: readonly (readonly [pattern: RegExp, to: (match: string) => string])[] = [
  [/ === /g, () => " !== "],
  [/ !== /g, () => " === "],
  [/ < (?=[\w(])/g, () => " <= "],
  [/ > (?=[\w(])/g, () => " >= "],
  [/ <= /g, () => " < "],
  [/ >= /g, () => " > "],
  [/ && /g, () => " || "],
  [/ \|\| /g, () => " && "],
  [/ \+ (?=[\w(])/g, () => " - "],
  [/ - (?=[\w(])/g, () => " + "],
  [/(?<=\()!(?=[\w(])/g, () => ""],
  [/\btrue\b(?!:)/g, () => "false"],
  [/\bfalse\b(?!:)/g, () => "true"],
  [/\.(?:some)(?=\()/g, () => ".every"],
  [/\.(?:every)(?=\()/g, () => ".some"],
  [/\.(?:toSorted|sort)(?=\()/g, () => ".filter"],
  [
    /(?<=^\s+)(?!return|throw|const|let|import|export|if|for|while|case|else|yield|await)[\w.#]+\([^;{]*\);$/g,
    () => ";",
  ],
];

/** The text with what is in strings, templates, regular expressions and comments blanked out, at the same offsets. */
function codeOf(text: string): string {
  const blank = (match: string): string => match.replace(/[^\n]/g, "\u0000");
  return text.replace(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[=(,:]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*/g,
    blank,
  );
}

function mutantsOf(file: string): Mutant[] {
  const text = readFileSync(join(root, file), "utf8");
  const lines = text.split("\n");
  return codeOf(text)
    .split("\n")
    .flatMap((code, index) =>
      // Types have operators of their own.
      /^\s*(import|export (type|interface)|type|interface|readonly)\b/.test(code)
        ? []
        : mutations.flatMap(([pattern, to]) =>
            [...code.matchAll(pattern)].map((match): Mutant => {
              const line = lines[index] ?? "";
              const changed = `${line.slice(0, match.index)}${to(match[0])}${line.slice(match.index + match[0].length)}`;
              const mutated = lines.with(index, changed).join("\n");
              return { file, line: index + 1, from: line.trim(), to: changed.trim(), text: mutated };
            }),
          ),
    );
}

/** So many of them, chosen by chance that repeats. */
function sample<T>(items: readonly T[], count: number, seed: number): T[] {
  let state = seed;
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  return items
    .map((item) => ({ item, order: next() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ item }) => item);
}

/** A copy in which nothing of the checkout can be harmed. */
function copyOf(folder: string): string {
  const copy = join(folder, "checkout");
  for (const name of [
    "src",
    "plugins",
    "tests",
    "manifests",
    "docs",
    "package.json",
    "tsconfig.json",
    "bunfig.toml",
    "build.ts",
  ])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** Do the tests pass, within so many milliseconds? */
function passes(copy: string, tests: readonly string[], timeout: number): boolean {
  const { exitCode } = Bun.spawnSync([process.execPath, "test", "--bail", ...tests], {
    cwd: copy,
    env: { ...process.env, KSO_TRUTH: groundTruth },
    stdout: "ignore",
    stderr: "ignore",
    timeout,
  });
  return exitCode === 0;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    tests: { type: "string", multiple: true },
  },
});
const [target] = positionals;
if (target === undefined) {
  console.error("Name a folder or a file: npm run mutants -- src/plan");
  process.exit(2);
}
const files = globSync(target.endsWith(".ts") ? target : `${target}/**/*.ts`, { cwd: root }).sort();
const tests = values.tests ?? [target.replace(/^src\//, "tests/").replace(/(\.test)?\.ts$/, ".test.ts")];
const folder = mkdtempSync(join(tmpdir(), "kso-mutants-"));
try {
  const copy = copyOf(folder);
  const started = performance.now();
  if (!passes(copy, tests, 600_000)) throw new Error(`The tests in ${tests.join(", ")} fail without any change`);
  const timeout = Math.round(5 * (performance.now() - started)) + 5000;
  const mutants = sample(files.flatMap(mutantsOf), Number(values.count), Number(values.seed));
  let survivors = 0;
  for (const { file, line, from, to, text } of mutants) {
    const path = join(copy, file);
    const original = readFileSync(path, "utf8");
    writeFileSync(path, text);
    if (passes(copy, tests, timeout)) {
      survivors++;
      console.log(`survived: ${file}:${line}\n  - ${from}\n  + ${to}`);
    }
    writeFileSync(path, original);
  }
  console.log(`${mutants.length - survivors} of ${mutants.length} mutants were noticed by ${tests.join(", ")}`);
  if (survivors > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
