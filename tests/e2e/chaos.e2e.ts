// The compiled binary under random trouble, for a while (npm run chaos goes on for longer): what an undisturbed run makes at the end
// is to the byte what it makes without trouble.
import { expect, test } from "bun:test";
import { chaos } from "../chaos/chaos.ts";

/** The trouble of a test that fails comes again with its seed: KSO_SEED. */
const seed = Number(process.env["KSO_SEED"] ?? Date.now() % 2 ** 31);

test(`fetch, export and push under kills, full disks, cut connections and wrong clocks (KSO_SEED=${seed})`, async () => {
  const { rounds, faults } = await chaos(seed, 40, () => undefined);
  expect(faults).toEqual([]);
  expect(rounds).toBeGreaterThan(3);
}, 600_000);
