// `bun tests/support/count-cases.ts REPORT`: how many cases over the ground truth a run had, by its JUnit report. Fails where a suite had
// fewer than tests/golden/case-counts.json says, as when a file of tests was lost.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { golden } from "./paths.ts";

const report = readFileSync(process.argv[2] ?? "", "utf8");
const expected = JSON.parse(readFileSync(join(golden, "case-counts.json"), "utf8")) as Record<string, number>;
const lost = Object.entries(expected).filter(([suite, count]) => {
  // The case that counts the others is one more.
  const ran = [...report.matchAll(new RegExp(`<testcase name="${suite}: [^>]*/>`, "g"))].length - 1;
  console.log(`${suite}: ${ran} of ${count}`);
  return ran < count;
});
if (lost.length > 0) process.exit(1);
