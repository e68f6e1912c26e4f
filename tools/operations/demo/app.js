// The page: items over REST, their images over presigned forms, and what happens over WebSocket.

import { attempt, byId } from "/deployment.js";
import { edit, load, more, save } from "/items.js";
import { live, tellServer } from "/live.js";

byId("new").addEventListener("click", () => edit(null));
byId("cancel").addEventListener("click", () => byId("editor").close());
byId("form").addEventListener("submit", save);
byId("more").addEventListener("click", () => attempt(() => more()));
byId("view").addEventListener("change", () => {
  tellServer(byId("view").value === "public" ? "subscribe" : "unsubscribe");
  attempt(() => load());
});

await attempt(() => load());
live();
