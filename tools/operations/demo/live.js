// What is pushed: shown as it comes, over one connection that is opened again whenever it drops.

import { attempt, byId, complain, config, renewal } from "/deployment.js";
import { follow, load, rowOf } from "/items.js";

const SHOWN_PUSHES = 200;
const LONGEST_WAIT_MS = 30_000;
const STEADY_MS = 10_000;
const PING_MS = 240_000; // API Gateway ends a connection on which nothing is sent for ten minutes
let open = null;

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
  if (push.type === "ImageRefused") noteRefusal(push);
  else follow(push);
}

function noteRefusal(push) {
  const note = rowOf(push.item.id)?.querySelector(".note");
  if (note) note.textContent = `The image was refused: ${push.reason}.`;
}

function connection(on, text) {
  byId("connection").dataset.state = on ? "on" : "off";
  byId("connection").textContent = text;
}

/** Begin or end to follow everybody's public items: `subscribe`, `unsubscribe`. */
export function tellServer(action) {
  if (open?.readyState === WebSocket.OPEN) open.send(JSON.stringify({ action, topic: "public" }));
}

/** Keep one connection until it drops or its token expires; returns how many milliseconds it lasted. */
async function stayConnected() {
  const { websocket_url: url, token } = await config();
  if (!url) return Infinity;
  const socket = new WebSocket(`${url}?token=${encodeURIComponent(token)}`); // a browser sends no header with it
  let opened = 0;
  const ping = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send('{"action":"ping"}'), PING_MS);
  const renew = setTimeout(() => socket.close(1000), renewal());
  socket.addEventListener("open", () => {
    opened = Date.now();
    open = socket;
    connection(true, "connected");
    if (byId("view").value === "public") tellServer("subscribe");
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

/** Stay connected, for good. */
export async function live() {
  for (let failures = 0; ; ) {
    let lasted = 0;
    try {
      lasted = await stayConnected();
    } catch (error) {
      complain(error);
    }
    if (lasted === Infinity) {
      connection(false, "this deployment pushes nothing");
      byId("hint").textContent =
        "Nothing: this deployment has no WebSocket API. Load the page again to see what others have changed.";
      return;
    }
    failures = lasted > STEADY_MS ? 0 : failures + 1;
    const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
    connection(false, `not connected; trying again in ${(wait / 1000).toFixed(0)} s`);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
