// The deployment: where it is, who asks, and how it is asked.

let current = null;
let expires = 0;

export const byId = (id) => document.getElementById(id);
export const subject = () => current?.subject;
export const renewal = () => Math.max(1000, expires - Date.now());

/** An answer of the API that is an error. */
class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `The API answered ${status}.`);
    this.status = status;
  }
}

/** Return where the deployment is, and a token that is good for a minute more. */
export async function config() {
  if (current && Date.now() < expires) return current;
  const answer = await fetch("/config.json", { cache: "no-store" });
  const document_ = await answer.json();
  if (!answer.ok) throw new Error([document_.problem, document_.fix].filter(Boolean).join(" Fix: "));
  current = document_;
  byId("who").textContent = `${document_.subject} in ${document_.environment},`;
  expires = Date.now() + (document_.expires_in - 60) * 1000;
  return document_;
}

/** Call the API; return the answer's JSON. */
export async function api(method, path, { body, headers = {} } = {}) {
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

/** Show an error above everything, or take it away. */
export function complain(error) {
  byId("problem").textContent = error ? error.message : "";
  byId("problem").hidden = !error;
}

/** Do something whose failure is to be told. */
export async function attempt(work) {
  try {
    complain(null);
    return await work();
  } catch (error) {
    complain(error);
    return undefined;
  }
}
