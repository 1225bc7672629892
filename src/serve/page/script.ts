// The pages' script: search and filters while typing, buttons that copy, and the status again and again. Everything works without it.

/** The text of /-/page.js. */
export const script = `
"use strict";
const { copy, copied } = document.body.dataset;
const put = async (text, element) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS browsers hide the clipboard: a field that is selected can be copied from.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "hidden";
    element.after(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
};
const button = (label, className, text) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "copy " + className;
  made.addEventListener("click", async (event) => {
    event.preventDefault();
    if (!(await put(text(), made))) return;
    made.focus();
    made.classList.add("done");
    label(made, copied);
    setTimeout(() => { made.classList.remove("done"); label(made, copy); }, 1500);
  });
  label(made, copy);
  return made;
};
for (const block of document.querySelectorAll(".block")) {
  const pre = block.querySelector("pre");
  block.append(button((made, text) => { made.textContent = text; }, "", () => pre.textContent));
}
for (const element of document.querySelectorAll("[data-copy]")) {
  if (element === document.body) continue;
  const text = () => element.dataset.copy === "href" ? element.href : element.dataset.copy || element.textContent;
  const label = (made, word) => { made.title = word; made.setAttribute("aria-label", word + ": " + text()); };
  element.after(button(label, "icon", text));
}

const form = document.querySelector("form.search[data-live]");
if (form) {
  const { q, component, arch, kind, absent } = form.elements;
  const status = form.querySelector("[role=status]");
  const nothing = document.getElementById("nothing");
  const list = document.querySelector(".components");
  const clear = document.getElementById("clear");
  const groups = [...list.querySelectorAll("details.component")].map((details) => ({
    details,
    rows: [...details.querySelectorAll("tr[data-text]")],
  }));
  const total = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const isHit = ({ dataset }, words) =>
    words.every((word) => dataset.text.includes(word)) &&
    (!component.value || dataset.component === component.value) &&
    (!arch.value || dataset.arch.split(" ").includes(arch.value)) &&
    (!kind.value || dataset.kind === kind.value) &&
    (!absent?.checked || "absent" in dataset);
  const apply = () => {
    const words = q.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const isActive = words.length > 0 || [component, arch, kind].some(({ value }) => value) || absent?.checked === true;
    let shown = 0;
    for (const { details, rows } of groups) {
      let hits = 0;
      for (const row of rows) {
        row.hidden = !isHit(row, words);
        if (!row.hidden) hits++;
      }
      details.hidden = hits === 0;
      details.open = isActive && hits > 0;
      shown += hits;
    }
    status.textContent = form.dataset.live.replace("{0}", shown).replace("{1}", total);
    nothing.hidden = shown > 0;
    list.hidden = shown === 0;
    clear.hidden = !isActive;
    const address = new URL(location.href);
    for (const { name, value } of [q, component, arch, kind])
      if (value) address.searchParams.set(name, value); else address.searchParams.delete(name);
    if (absent?.checked) address.searchParams.set("absent", "1"); else address.searchParams.delete("absent");
    history.replaceState(null, "", address);
    const heading = document.getElementById("items");
    const { top } = heading.getBoundingClientRect();
    if (isActive && (top < 0 || top > innerHeight / 2)) heading.scrollIntoView();
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  clear.addEventListener("click", (event) => {
    event.preventDefault();
    for (const field of [q, component, arch, kind]) field.value = "";
    if (absent) absent.checked = false;
    apply();
    q.focus();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(input|textarea|select)$/i.test(document.activeElement.tagName) && document.activeElement.type !== "radio") return;
  event.preventDefault();
  document.getElementById("q").focus();
});

const band = document.querySelector("[data-status]");
const words = JSON.parse(band.dataset.words);
const say = (state, since) => {
  band.classList.remove("intact", "damaged", "gone");
  band.classList.add(state);
  const name = band.querySelector("[data-state]");
  if (name.textContent !== words[state]) name.textContent = words[state];
  const time = since?.slice(0, 16).replace("T", " ") + " UTC";
  band.querySelector("[data-since]").textContent = band.dataset[state].replace("{0}", time);
};
const refresh = async () => {
  if (document.hidden) return;
  let now;
  try {
    const response = await fetch(band.dataset.status, { cache: "no-store" });
    if (!response.ok) throw new Error(response.status);
    now = await response.json();
  } catch {
    say("gone");
    return;
  }
  say(now.state, now.since);
  band.querySelector("[data-fault]").hidden = now.state === "intact";
  band.querySelector("[data-reason]").textContent = now.fault ?? "";
  for (const value of document.querySelectorAll("[data-count]")) {
    const { count } = value.dataset;
    value.textContent = now[count];
    if (value.matches(".count")) value.hidden = now[count] === 0;
    else if (count !== "clients") value.parentElement.classList.toggle("notable", now[count] > 0);
  }
};
setInterval(refresh, 5000);
document.addEventListener("visibilitychange", refresh);
`;
