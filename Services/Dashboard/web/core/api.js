// The dashboard's API: JSON over HTTP on the same origin, with the errors' own words.

/// What the API refused or could not do, in its own words.
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let csrf = "";
let onUnauthorized = () => {};

/// Called when a request is refused because nobody is logged in.
export function whenUnauthorized(handler) {
  onUnauthorized = handler;
}

export function get(path, query = {}, signal = undefined) {
  return request("GET", withQuery(path, query), undefined, signal);
}

/// Several answers of which each may fail alone: an error then stands in the place of its answer.
export async function getEach(requests) {
  const answers = Object.entries(requests).map(async ([name, request]) => [name, await request.catch(orThrow)]);
  return Object.fromEntries(await Promise.all(answers));
}

function orThrow(error) {
  if (error instanceof ApiError) return error;
  throw error;
}

/// A path of the API with those of the values that are set.
export function withQuery(path, query) {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(set).toString();
  return `/api/v1/${path}${text ? `?${text}` : ""}`;
}

export async function readSession() {
  return remember(await request("GET", "/api/v1/session"));
}

export async function logIn(user, password) {
  return remember(await request("POST", "/api/v1/session", { user, password }));
}

export function logOut() {
  return request("DELETE", "/api/v1/session");
}

export function giveCommand(command) {
  return request("POST", "/api/v1/commands", command);
}

function remember(session) {
  csrf = session.csrf;
  return session;
}

async function request(method, url, body, signal) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") Object.assign(headers, { "Content-Type": "application/json", "X-CSRF-Token": csrf });
  let response;
  try {
    response = await fetch(url, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The dashboard does not answer. Is its service up, and the connection to it?");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const isLogin = method === "POST" && url === "/api/v1/session";
  if (response.status === 401 && !isLogin) onUnauthorized();
  throw new ApiError(response.status, answer?.error?.message ?? `The dashboard answered ${response.status}.`);
}
