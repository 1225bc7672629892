// A built site that is not well is said so: links that lead nowhere, and what a browser would load from elsewhere.
import { expect, test } from "bun:test";
import { faultsOf } from "../../../docs/site/check.ts";
import { plant } from "../../support/checkout.ts";
import { temporary } from "../../support/temp.ts";

const head = '<link rel="stylesheet" href="/assets/a.css"><script src="/assets/a.js"></script>';

test("links and loads are looked at, and what a reader may follow is not", () => {
  using folder = temporary();
  plant(folder.path, {
    "index.html": `${head}<a href="https://example.org/x">x</a><a href="./sub/page.html#part">p</a><a href="#here">h</a><p id="here">`,
    "sub/page.html": `<h2 id="part">Part</h2><a href="/">home</a><img src="../a.png">`,
    "a.png": "",
    "assets/a.css": "a{background:url(/a.png)}",
    "assets/a.js": 'fetch("/x");const link="https://example.org"',
  });
  expect(faultsOf(folder.path)).toEqual([]);
  plant(folder.path, {
    "bad.html": `<script async src="https://cdn.example/x.js"></script><link href="//fonts.example/f" rel="stylesheet"><a href="gone.html">g</a><a href="sub/page.html#none">n</a><img src="b.png">`,
    "assets/b.css": '@import "https://fonts.example/css";a{background:url("//cdn.example/a.png")}',
    "assets/b.js": "fetch(`https://api.example/x`);new WebSocket('wss://live.example/')",
  });
  expect(faultsOf(folder.path)).toEqual([
    "assets/b.css: loads https://fonts.example/css",
    "assets/b.css: loads //cdn.example/a.png",
    "assets/b.js: loads https://api.example/x",
    "assets/b.js: loads wss://live.example/",
    "bad.html: loads https://cdn.example/x.js",
    "bad.html: loads //fonts.example/f",
    "bad.html: gone.html leads nowhere",
    "bad.html: sub/page.html#none leads nowhere",
    "bad.html: b.png leads nowhere",
  ]);
});
