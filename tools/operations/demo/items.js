// The list of items, and their editor.

import { api, attempt, byId, complain, config, subject } from "/deployment.js";
import { showImages, upload } from "/images.js";

const LOOKS = 20;
const LOOK_MS = 1000;
const items = new Map();
const gone = new Set();
const told = new Set(); // pushed since the list was last asked for
let cursor = null;
let loads = 0;
let editing = null;

const shown = (item) =>
  byId("view").value === "public" ? item.visibility === "public" : item.owner === subject();

/** Show the list's first page, or the one that a cursor names. */
export async function load(from) {
  const turn = ++loads;
  if (!from) told.clear();
  const query = new URLSearchParams({ view: byId("view").value, limit: "20", ...(from ? { cursor: from } : {}) });
  const page = await api("GET", `/items?${query}`);
  if (turn !== loads) return; // another view was asked for meanwhile
  if (!from) {
    // What was pushed while the list was on its way may be newer than the list: it stays.
    const listed = new Set(page.items.map((item) => item.id));
    for (const id of [...items.keys()]) if (!listed.has(id) && !told.has(id)) drop(id);
  }
  for (const item of page.items) {
    put(item);
    const row = rowOf(item.id);
    if (row) byId("items").append(row); // in the list's order, after what is newer
  }
  cursor = page.nextCursor || null;
  byId("more").hidden = !cursor;
  showEmpty();
}

function showEmpty() {
  byId("empty").hidden = items.size > 0;
}

export const rowOf = (id) => document.querySelector(`[data-id="${CSS.escape(id)}"]`);

/** Show an item as it is now, or no longer. */
export function put(item) {
  const known = items.get(item.id);
  // Pushes may overtake each other, and answers.
  if (gone.has(item.id) || (known && known.version > item.version)) return;
  if (!shown(item)) {
    drop(item.id);
    return;
  }
  const row = rowOf(item.id) || newRow(item.id);
  items.set(item.id, item);
  row.querySelector("h3").textContent = item.name;
  row.querySelector(".facts").textContent =
    `${item.price.toFixed(2)} · ${item.category} · ${item.visibility} · version ${item.version}` +
    (item.tags.length ? ` · ${item.tags.join(", ")}` : "");
  row.querySelector(".description").textContent = item.description;
  row.querySelector(".description").hidden = !item.description;
  row.querySelector(".own").hidden = item.owner !== subject();
  for (const [part, word] of [[".edit", "Edit"], [".delete", "Delete"]]) {
    row.querySelector(part).setAttribute("aria-label", `${word} ${item.name}`);
  }
  if (item.images.length !== (known ? known.images.length : 0)) attempt(() => showImages(item, row));
  showEmpty();
}

export function drop(id) {
  items.delete(id);
  rowOf(id)?.remove();
  showEmpty();
}

function newRow(id) {
  const row = byId("item").content.firstElementChild.cloneNode(true);
  row.dataset.id = id;
  row.querySelector(".edit").addEventListener("click", () => edit(items.get(id)));
  row.querySelector(".delete").addEventListener("click", () => remove(id));
  row.querySelector("input").addEventListener("change", async (event) => {
    if ((await upload(id, event.target, row)) && !(await config()).websocket_url) await attempt(() => lookFor(id));
  });
  byId("items").prepend(row);
  return row;
}

/** Where nothing is pushed, ask until an upload's sizes are made. */
async function lookFor(id) {
  const had = items.get(id)?.version;
  for (let left = LOOKS; left > 0 && items.get(id)?.version === had; left--) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (items.has(id)) put(await api("GET", `/items/${encodeURIComponent(id)}`));
  }
}

async function remove(id) {
  const { name } = items.get(id);
  if (!confirm(`Delete ${name}?`)) return;
  await attempt(async () => {
    await api("DELETE", `/items/${encodeURIComponent(id)}`);
    gone.add(id);
    drop(id);
  });
}

/** Open the editor for an item, or for a new one. */
export function edit(item) {
  editing = item || null;
  const fields = byId("form").elements;
  byId("editor-title").textContent = item ? `Edit ${item.name}` : "New item";
  byId("form").reset();
  byId("refusal").hidden = true;
  if (item) {
    for (const name of ["name", "category", "price", "description", "visibility"]) fields[name].value = item[name];
    fields.tags.value = item.tags.join(", ");
  }
  byId("editor").showModal();
}

function entered() {
  const fields = byId("form").elements;
  const text = (name) => fields[name].value.trim();
  const tags = text("tags").split(",").map((tag) => tag.trim()).filter(Boolean);
  return {
    name: text("name"),
    category: text("category"),
    price: Number(fields.price.value),
    description: text("description"),
    tags: [...new Set(tags)],
    visibility: fields.visibility.value,
  };
}

export async function save(event) {
  event.preventDefault();
  const item = editing;
  byId("save").disabled = true;
  try {
    const changed = item
      ? await api("PUT", `/items/${encodeURIComponent(item.id)}`, { body: entered(), headers: { "If-Match": `"${item.version}"` } })
      : await api("POST", "/items", { body: entered(), headers: { "Idempotency-Key": crypto.randomUUID() } });
    byId("editor").close();
    complain(null);
    told.add(changed.id);
    put(changed);
  } catch (error) {
    const lost = error.status === 412;
    byId("refusal").textContent = lost ? "Somebody changed it meanwhile. Look at it again, then save." : error.message;
    byId("refusal").hidden = false;
    if (lost) await refresh(item.id);
  } finally {
    byId("save").disabled = false;
  }
}

async function refresh(id) {
  const item = await attempt(() => api("GET", `/items/${encodeURIComponent(id)}`));
  if (!item) return;
  put(item);
  if (editing?.id === id) editing = item;
}

/** Show what a push tells about an item. */
export function follow(push) {
  const { id, name } = push.item;
  told.add(id);
  if (push.type === "ItemDeleted") gone.add(id);
  if (push.type === "ItemDeleted" || !name) drop(id); // turned private: its id is all that is told
  else put(push.item);
}

export const more = () => load(cursor);
