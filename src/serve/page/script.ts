// The pages' script: search while typing, and buttons that copy. Everything works without it.

/** The text of /-/page.js. */
export const script = `
"use strict";
for (const block of document.querySelectorAll(".block")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = document.body.dataset.copy;
  const pre = block.querySelector("pre");
  if (pre.id) button.setAttribute("aria-describedby", pre.id);
  button.addEventListener("click", async () => {
    const text = pre.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without TLS browsers hide the clipboard: a selection is one key away from it.
      const range = document.createRange();
      range.selectNodeContents(pre);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      if (!document.execCommand("copy")) return;
    }
    button.textContent = document.body.dataset.copied;
    setTimeout(() => { button.textContent = document.body.dataset.copy; }, 1500);
  });
  block.append(button);
}
const form = document.querySelector("form.search[data-live]");
if (form) {
  const input = form.elements.q;
  const status = form.querySelector("[role=status]");
  const nothing = document.getElementById("nothing");
  const table = document.getElementById("items");
  const groups = [...table.tBodies].map((body) => ({
    body,
    rows: [...body.rows].filter((row) => row.dataset.text).map((row) => ({ row, text: row.dataset.text })),
  }));
  const total = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const apply = () => {
    const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const { body, rows } of groups) {
      let hits = 0;
      for (const { row, text } of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) hits++;
      }
      body.hidden = hits === 0;
      shown += hits;
    }
    status.textContent = form.dataset.live.replace("{0}", shown).replace("{1}", total);
    nothing.hidden = shown > 0;
    table.parentElement.hidden = shown === 0;
    const clear = document.getElementById("clear");
    clear.hidden = words.length === 0;
    const address = new URL(location.href);
    if (words.length > 0) address.searchParams.set("q", input.value); else address.searchParams.delete("q");
    history.replaceState(null, "", address);
  };
  input.addEventListener("input", apply);
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  for (const link of document.querySelectorAll("a[data-query]"))
    link.addEventListener("click", () => { input.value = link.dataset.query; apply(); });
  document.getElementById("clear").addEventListener("click", (event) => {
    event.preventDefault();
    input.value = "";
    apply();
    input.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(input|textarea|select)$/i.test(document.activeElement.tagName)) return;
    event.preventDefault();
    input.focus();
  });
}
`;
