// Noise in whole checkouts: items or a clear error.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { KsoError } from "../../src/core/errors.ts";
import { anyHostTemplar } from "../../src/kubespray/any-host.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { evaluateItems } from "../../src/kubespray/items.ts";
import { modern, plant } from "../support/checkout.ts";
import { jinja, yaml } from "../support/noise.ts";
import { temporary } from "../support/temp.ts";

test("checkouts whose files are cut, doubled or filled with noise: items or a reason", () => {
  const paths = Object.keys(modern);
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.nat(), fc.oneof(yaml, jinja, fc.constant("")), (path, at, noise) => {
      using folder = temporary();
      const text = modern[path] ?? "";
      const cut = at % (text.length + 1);
      plant(folder.path, { ...modern, [path]: `${text.slice(0, cut)}${noise}${text.slice(cut + (at % 7))}` });
      try {
        const checkout = openCheckout(folder.path);
        evaluateItems(checkout, anyHostTemplar(checkout, "x86_64"));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(KsoError);
      }
    }),
    { numRuns: 150 },
  );
});
