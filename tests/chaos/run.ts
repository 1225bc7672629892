// npm run chaos: trouble for so many minutes, with a printed seed.
//
//   npm run chaos -- [--minutes 20] [--seed N]
import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});
console.log(`seed ${values.seed}, ${values.minutes} min`);
const { rounds, troubles, faults } = await chaos(Number(values.seed), Number(values.minutes) * 60, console.log);
for (const [trouble, count] of Object.entries(troubles).sort()) console.log(`${count} × ${trouble}`);
for (const fault of faults) console.log(`FOUND ${fault}`);
console.log(`${rounds} rounds, ${faults.length} faults, seed ${values.seed}`);
process.exitCode = faults.length > 0 ? 1 : 0;
