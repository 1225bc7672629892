// npm run fuzz: good inputs, changed at random, until the time is over. Each finding is made small and written to tests/fuzz/corpus,
// where corpus.test.ts keeps it.
//
//   npm run fuzz -- [--seconds 3600] [--seed N] [--target NAME]
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { binaryFor } from "../support/paths.ts";
import { mutated } from "./mutate.ts";
import { type Random, randomOf } from "./random.ts";
import { openRunner, type Runner } from "./runner.ts";
import { shrunk } from "./shrink.ts";
import type { Target } from "./target.ts";
import { targets } from "./targets.ts";

/** How long one target is looked at before the next one's turn. Milliseconds. */
const turn = 2000;
/** One case in so many is run by the compiled kso, where it is built. */
const share = 15;
const binary = binaryFor("amd64");
/** Tries to make one finding smaller. */
const tries = 150;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3600" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    target: { type: "string", multiple: true },
    corpus: { type: "string", default: join(import.meta.dir, "corpus") },
  },
});
const chosen = targets.filter(({ name }) => values.target?.includes(name) ?? true);
if (chosen.length === 0) throw new Error(`--target is one of ${targets.map(({ name }) => name).join(", ")}`);
console.log(`seed ${values.seed}: ${chosen.map(({ name }) => name).join(", ")}, ${values.seconds} s`);

interface Pool {
  readonly target: Target;
  /** Its own, so that a seed gives each target the same cases in the same order, however fast the machine is. */
  readonly random: Random;
  readonly inputs: readonly Uint8Array[];
  cases: number;
}
const folder = mkdtempSync(join(tmpdir(), "kso-fuzz-seeds-"));
const pools: Pool[] = [];
for (const target of chosen) {
  mkdirSync(join(folder, target.name));
  const inputs = await target.seeds(join(folder, target.name));
  pools.push({ target, random: randomOf(Number(values.seed) + targets.indexOf(target)), inputs, cases: 0 });
}

/** What is alike in two reports of one fault. */
const kindOf = (fault: string): string => fault.replace(/"(?:[^"\\]|\\.)*"|\d+|0x[0-9a-f]+/g, "…").slice(0, 90);
const known = new Map<string, number>();

function nextInput({ target, inputs, random }: Pool): Uint8Array {
  const input = random.pick(inputs);
  return target.mutate?.(input, random) ?? mutated(input, random, { words: target.words ?? [], others: inputs });
}

interface Found {
  readonly runner: Runner;
  readonly pool: Pool;
  readonly compiled: string | undefined;
}

async function keep({ runner, pool: { target }, compiled }: Found, input: Uint8Array, fault: string): Promise<void> {
  const kind = `${target.name} ${kindOf(fault)}`;
  known.set(kind, (known.get(kind) ?? 0) + 1);
  if (known.get(kind) !== 1) return;
  const isSame = async (smaller: Uint8Array): Promise<boolean> => {
    const found = await runner.fault(target.name, smaller, compiled);
    return found !== undefined && kindOf(found) === kindOf(fault);
  };
  if (!(await isSame(input))) return void console.log(`${target.name}: not again: ${fault}`);
  const small = await shrunk(input, isSame, /MB|works|waits/.test(fault) ? 25 : tries);
  const name = createHash("sha256").update(small).digest("hex").slice(0, 10);
  mkdirSync(join(values.corpus, target.name), { recursive: true });
  writeFileSync(join(values.corpus, target.name, name), small);
  console.log(`FOUND ${target.name}/${name} (${small.length} bytes): ${fault}`);
}

const end = performance.now() + Number(values.seconds) * 1000;
{
  using runner = openRunner();
  for (let at = 0; performance.now() < end; at++) {
    const pool = pools[at % pools.length] as Pool;
    const until = Math.min(end, performance.now() + turn);
    while (performance.now() < until) {
      const input = nextInput(pool);
      pool.cases++;
      const compiled = pool.random.oneIn(share) && existsSync(binary) ? binary : undefined;
      const fault = await runner.fault(pool.target.name, input, compiled);
      if (fault !== undefined) await keep({ runner, pool, compiled }, input, fault);
    }
  }
}
rmSync(folder, { recursive: true, force: true });
for (const { target, cases } of pools) console.log(`${target.name}: ${cases} cases`);
for (const [kind, count] of known) console.log(`${count} × ${kind}`);
console.log(
  `${pools.reduce((sum, { cases }) => sum + cases, 0)} cases, ${known.size} kinds of findings, seed ${values.seed}`,
);
process.exitCode = known.size > 0 ? 1 : 0;
