// The page: items over REST, their images over presigned forms, and what happens over WebSocket.

const SHOWN_PUSHES = 200;
const LONGEST_WAIT_MS = 30_000;
const STEADY_MS = 10_000;
const PING_MS = 240_000; // API Gateway ends a connection on which nothing is sent for ten minutes

const byId = (id) => document.getElementById(id);
const state = { config: null, expires: 0, items: new Map(), gone: new Set(), cursor: null, editing: null, socket: null, loads: 0, told: new Set() };

class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `The API answered ${status}.`);
    this.status = status;
  }
}

// --- The deployment, and a token that is always good for a minute more

async function config() {
  if (state.config && Date.now() < state.expires) return state.config;
  const answer = await fetch("/config.json", { cache: "no-store" });
  const document_ = await answer.json();
  if (!answer.ok) throw new Error([document_.problem, document_.mend].filter(Boolean).join(" Mend: "));
  state.config = document_;
  byId("who").textContent = `${document_.subject} in ${document_.environment},`;
  state.expires = Date.now() + (document_.expires_in - 60) * 1000;
  return document_;
}

async function api(method, path, { body, headers = {} } = {}) {
  const { api_url: url, token } = await config();
  const sent = { Authorization: `Bearer ${token}`, ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url + path, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Error(`${url} does not answer, or does not let a page at ${location.origin} call it.`);
  }
  const text = await answer.text();
  let content = {};
  try {
    content = text ? JSON.parse(text) : {};
  } catch {
    throw new Refused(answer.status, { detail: `The API answered ${answer.status}, and no JSON.` });
  }
  if (!answer.ok) throw new Refused(answer.status, content);
  return content;
}

function complain(error) {
  byId("problem").textContent = error ? error.message : "";
  byId("problem").hidden = !error;
}

async function attempt(work) {
  try {
    complain(null);
    return await work();
  } catch (error) {
    complain(error);
    return undefined;
  }
}

// --- Items

const shown = (item) =>
  byId("view").value === "public" ? item.visibility === "public" : item.owner === state.config?.subject;

async function load(cursor) {
  const turn = ++state.loads;
  if (!cursor) state.told.clear();
  const query = new URLSearchParams({ view: byId("view").value, limit: "20", ...(cursor ? { cursor } : {}) });
  const page = await api("GET", `/items?${query}`);
  if (turn !== state.loads) return; // another view was asked for meanwhile
  if (!cursor) {
    // What was pushed while the list was on its way may be newer than the list: it stays.
    const listed = new Set(page.items.map((item) => item.id));
    for (const id of [...state.items.keys()]) if (!listed.has(id) && !state.told.has(id)) drop(id);
  }
  for (const item of page.items) {
    put(item);
    const row = rowOf(item.id);
    if (row) byId("items").append(row); // in the list's order, after what is newer
  }
  state.cursor = page.nextCursor || null;
  byId("more").hidden = !state.cursor;
  showEmpty();
}

function showEmpty() {
  byId("empty").hidden = state.items.size > 0;
}

const rowOf = (id) => document.querySelector(`[data-id="${CSS.escape(id)}"]`);

function put(item) {
  const known = state.items.get(item.id);
  // Pushes may overtake each other, and answers.
  if (state.gone.has(item.id) || (known && known.version > item.version)) return;
  if (!shown(item)) {
    drop(item.id);
    return;
  }
  const row = rowOf(item.id) || newRow(item.id);
  state.items.set(item.id, item);
  row.querySelector("h3").textContent = item.name;
  row.querySelector(".facts").textContent =
    `${item.price.toFixed(2)} · ${item.category} · ${item.visibility} · version ${item.version}` +
    (item.tags.length ? ` · ${item.tags.join(", ")}` : "");
  row.querySelector(".description").textContent = item.description;
  row.querySelector(".description").hidden = !item.description;
  row.querySelector(".own").hidden = item.owner !== state.config.subject;
  for (const [part, word] of [[".edit", "Edit"], [".delete", "Delete"]]) {
    row.querySelector(part).setAttribute("aria-label", `${word} ${item.name}`);
  }
  if (item.images.length !== (known ? known.images.length : 0)) attempt(() => showImages(item.id));
  showEmpty();
}

function drop(id) {
  state.items.delete(id);
  rowOf(id)?.remove();
  showEmpty();
}

function newRow(id) {
  const row = byId("item").content.firstElementChild.cloneNode(true);
  row.dataset.id = id;
  row.querySelector(".edit").addEventListener("click", () => edit(state.items.get(id)));
  row.querySelector(".delete").addEventListener("click", () => remove(id));
  row.querySelector("input").addEventListener("change", (event) => upload(id, event.target));
  byId("items").prepend(row);
  return row;
}

async function remove(id) {
  const { name } = state.items.get(id);
  if (!confirm(`Delete ${name}?`)) return;
  await attempt(async () => {
    await api("DELETE", `/items/${encodeURIComponent(id)}`);
    state.gone.add(id);
    drop(id);
  });
}

// --- The editor

function edit(item) {
  state.editing = item || null;
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

async function save(event) {
  event.preventDefault();
  const item = state.editing;
  byId("save").disabled = true;
  try {
    const changed = item
      ? await api("PUT", `/items/${encodeURIComponent(item.id)}`, { body: entered(), headers: { "If-Match": `"${item.version}"` } })
      : await api("POST", "/items", { body: entered(), headers: { "Idempotency-Key": crypto.randomUUID() } });
    byId("editor").close();
    complain(null);
    state.told.add(changed.id);
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
  if (state.editing?.id === id) state.editing = item;
}

// --- Images

async function upload(id, input) {
  const [file] = input.files;
  if (!file) return;
  const row = rowOf(id);
  const [progress, note] = [row.querySelector("progress"), row.querySelector(".note")];
  progress.hidden = false;
  input.disabled = true;
  try {
    const form = await api("POST", `/items/${encodeURIComponent(id)}/images`, { body: { contentType: file.type } });
    await send(form, file, (share) => { progress.value = share; });
    note.textContent = "Uploaded. Its sizes appear as soon as they are made.";
  } catch (error) {
    note.textContent = error.message;
  } finally {
    progress.hidden = true;
    input.disabled = false;
    input.value = "";
  }
}

function send({ url, fields }, file, report) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  data.append("file", file); // S3 reads nothing after it
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch tells nothing about an upload's progress
    request.upload.addEventListener("progress", (event) => event.lengthComputable && report(event.loaded / event.total));
    request.addEventListener("load", () =>
      request.status < 300 ? resolve() : reject(new Error(`The upload was answered with ${request.status}.`)));
    request.addEventListener("error", () => reject(new Error("The bucket does not take the upload from this page.")));
    request.open("POST", url);
    request.send(data);
  });
}

async function showImages(id) {
  const { images } = await api("GET", `/items/${encodeURIComponent(id)}/images`);
  const item = state.items.get(id);
  const row = rowOf(id);
  if (!item || !row) return;
  const pictures = images.map((image, position) => {
    const sizes = [...image.sizes].sort((a, b) => a.width - b.width);
    const picture = document.createElement("img");
    picture.src = sizes[0].url;
    picture.srcset = sizes.map((size) => `${size.url} ${size.width}w`).join(", ");
    picture.sizes = "12rem";
    picture.width = sizes[0].width;
    picture.height = sizes[0].height;
    picture.alt = `Image ${position + 1} of ${item.name}`;
    return picture;
  });
  row.querySelector(".images").replaceChildren(...pictures);
  row.querySelector(".note").textContent = "";
}

// --- What is pushed

function tell(push) {
  const entry = document.createElement("li");
  const time = document.createElement("time");
  const kind = document.createElement("strong");
  time.dateTime = push.time || "";
  time.textContent = push.time ? new Date(push.time).toLocaleTimeString() : "";
  kind.textContent = push.type;
  const what = [push.item?.name || push.item?.id, (push.changes || []).join(", "), push.reason].filter(Boolean);
  entry.append(time, kind, what.join(" · "));
  byId("live").prepend(entry);
  while (byId("live").children.length > SHOWN_PUSHES) byId("live").lastElementChild.remove();
}

function take(push) {
  if (["pong", "subscribed", "unsubscribed"].includes(push.type)) return;
  tell(push.type === "error" || !push.type ? { type: push.code || "error", reason: push.detail || push.message } : push);
  if (!push.item?.id) return;
  state.told.add(push.item.id);
  if (push.type === "ItemDeleted") state.gone.add(push.item.id);
  if (push.type === "ItemDeleted" || !push.item.name) drop(push.item.id); // turned private: its id is all that is told
  else if (push.type === "ImageRefused") noteRefusal(push);
  else if (state.config) put(push.item);
}

function noteRefusal(push) {
  const note = rowOf(push.item.id)?.querySelector(".note");
  if (note) note.textContent = `The image was refused: ${push.reason}.`;
}

function connection(on, text) {
  byId("connection").dataset.state = on ? "on" : "off";
  byId("connection").textContent = text;
}

const follow = (action) => {
  if (state.socket?.readyState === WebSocket.OPEN) state.socket.send(JSON.stringify({ action, topic: "public" }));
};

/** Keep one connection until it drops or its token expires; returns how many milliseconds it lasted. */
async function stayConnected() {
  const { websocket_url: url, token } = await config();
  if (!url) return Infinity;
  const socket = new WebSocket(`${url}?token=${encodeURIComponent(token)}`); // a browser sends no header with it
  let opened = 0;
  const ping = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send('{"action":"ping"}'), PING_MS);
  const renew = setTimeout(() => socket.close(1000), Math.max(1000, state.expires - Date.now()));
  socket.addEventListener("open", () => {
    opened = Date.now();
    state.socket = socket;
    connection(true, "connected");
    if (byId("view").value === "public") follow("subscribe");
    attempt(() => load()); // what happened while nobody was connected
  });
  socket.addEventListener("message", (event) => {
    try {
      take(JSON.parse(event.data));
    } catch (error) {
      complain(error);
    }
  });
  await new Promise((resolve) => socket.addEventListener("close", resolve));
  clearInterval(ping);
  clearTimeout(renew);
  return opened ? Date.now() - opened : 0;
}

async function live() {
  for (let failures = 0; ; ) {
    let lasted = 0;
    try {
      lasted = await stayConnected();
    } catch (error) {
      complain(error);
    }
    if (lasted === Infinity) {
      connection(false, "this deployment pushes nothing");
      return;
    }
    failures = lasted > STEADY_MS ? 0 : failures + 1;
    const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
    connection(false, `not connected; trying again in ${(wait / 1000).toFixed(0)} s`);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

// --- Beginning

byId("new").addEventListener("click", () => edit(null));
byId("cancel").addEventListener("click", () => byId("editor").close());
byId("form").addEventListener("submit", save);
byId("more").addEventListener("click", () => attempt(() => load(state.cursor)));
byId("view").addEventListener("change", () => {
  follow(byId("view").value === "public" ? "subscribe" : "unsubscribe");
  attempt(() => load());
});

await attempt(() => load());
live();
