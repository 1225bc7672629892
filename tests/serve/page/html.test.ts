import { expect, test } from "bun:test";
import { html } from "../../../src/serve/page/html.ts";

test("templates escape everything but templates", () => {
  const evil = `<img src=x onerror="alert('1')">&`;
  expect(html`<p title="${evil}">${[evil, html`<b>${evil}</b>`]}${undefined}${false}${7}</p>`.html).toBe(
    '<p title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;">&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;<b>&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;</b>7</p>',
  );
});
