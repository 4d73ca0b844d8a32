"use strict";

// The page behind a mailed link, /confirm/{type}/{id}/{check}. Nothing is sent before a button is pressed: those who
// scan mail open links, and must not use this one up.
const [type, id, check] = location.pathname.split("/").filter(Boolean).slice(-3);
const DAY = 86_400;
// The address of the server: this script is at /web/confirm.js below it.
const server = new URL("..", document.currentScript.src).href.slice(0, -1);
let bearer = "";

const element = (name) => document.getElementById(name);

/** An answer of the server that is an error, or none at all. */
class Refused extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || "The server gave an answer that this page does not understand.");
    this.code = problem.error;
  }
}

async function call(method, path, body, token) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    // Without credentials of its own, a browser does not answer a 401 with its own question for a password.
    answer = await fetch(server + path, { method, headers, body: JSON.stringify(body), credentials: "omit" });
  } catch {
    throw new Refused({ detail: "The server cannot be reached. Please try again." });
  }
  const reply = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(reply);
  return reply;
}

/** Run `action` with the form's fields when it is sent, one at a time, and tell in the form what went wrong. */
function onSubmit(name, action) {
  const form = element(name);
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    tell(form, "");
    button.disabled = true;
    try {
      await action(Object.fromEntries(new FormData(form)), form);
    } catch (error) {
      if (error.code === "mfaTokenRequired") askForCode(form);
      tell(form, error.message, "error");
    } finally {
      button.disabled = false;
    }
  });
}

function tell(form, text, kind = "") {
  const message = form.querySelector(".message");
  message.className = `message ${kind}`;
  message.textContent = text;
}

function askForCode(form) {
  const field = form.querySelector("[data-code]");
  const input = field.querySelector("input");
  field.hidden = false;
  input.required = true;
  input.focus();
}

function show(section, title) {
  element(type).hidden = true;
  element(section).hidden = false;
  element(title).focus();
}

/** `{token}` where a code was typed in. */
const codeOf = ({ token }) => (token ? { token: token.trim() } : {});

/** The body as a shell takes it in single quotes. */
const quoted = (body) => `'${JSON.stringify(body).replaceAll("'", "'\\''")}'`;

function startSession({ token, account }) {
  bearer = token;
  element("token").value = token;
  element("token-use").value = [
    `curl ${server}/apikeys`,
    `-H 'Authorization: Bearer ${token}'`,
    "-H 'Content-Type: application/json'",
    `-d ${quoted({ name: "my script", level: 3, expiresIn: 30 * DAY })}`,
  ].join(" \\\n  ");
  element("session-username").textContent = account.username;
  show("session", "session-title");
}

async function changeAddress(token) {
  const { account } = await call("PATCH", "/account", { confirm: "emailchange", confirmation: id, check }, token);
  element("changed-email").textContent = account.email;
  show("changed", "changed-title");
}

onSubmit("signup-form", async ({ consent }) => {
  startSession(await call("POST", `/confirm/signup/${id}`, { consent: Number(consent), check }));
});

onSubmit("signin-form", async (fields) => {
  startSession(await call("POST", `/signinlink/${id}`, { check, ...codeOf(fields) }));
});

onSubmit("emailchange-form", async (fields) => {
  const { username, password } = fields;
  const { token } = await call("POST", "/signin", { username, password, ...codeOf(fields) });
  await changeAddress(token);
});

onSubmit("emailchange-token-form", ({ bearer: token }) => changeAddress(token.trim()));

onSubmit("newsletter-form", async () => {
  const { data } = await call("PUT", "/subscriber", { id, ehash: check });
  element("subscribed-email").textContent = data.email;
  show("subscribed", "subscribed-title");
});

onSubmit("unsubscribe-form", async () => {
  await call("DELETE", `/subscriber/${check}`);
  show("unsubscribed", "unsubscribed-title");
});

onSubmit("key-form", async ({ name, level, days }) => {
  const asked = { name, level: Number(level), expiresIn: Number(days) * DAY };
  const { apikey } = await call("POST", "/apikeys", asked, bearer);
  element("key-key").value = apikey.key;
  element("key-secret").value = apikey.secret;
  const readable = apikey.level > 0 ? "/sets" : "/whoami";
  element("key-use").value = `curl ${server}${readable} \\\n  -u ${apikey.key}:${apikey.secret}`;
  element("key-result").hidden = false;
  element("key-result-title").focus();
});

onSubmit("account-form", async ({ username, password }, form) => {
  const asked = Object.fromEntries(Object.entries({ username, password }).filter(([, value]) => value));
  if (!Object.keys(asked).length) return tell(form, "Enter a user name, a password, or both.", "error");
  const { account } = await call("PATCH", "/account", asked, bearer);
  element("session-username").textContent = account.username;
  form.reset();
  if (username && account.username !== username) {
    const kept = `This user name cannot be had; yours is still ${account.username}.`;
    return tell(form, password ? `${kept} The password is saved.` : kept, "error");
  }
  tell(form, "Saved.");
});

for (const field of document.querySelectorAll(".copied > .value")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy: ${field.labels[0].textContent}`);
  button.addEventListener("click", async () => {
    field.select();
    // Outside of https, and of one's own machine, browsers have no clipboard: what is selected can be copied by hand.
    const copied = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
    button.textContent = copied ? "Copied" : "Selected";
    element("copied").textContent = `${field.labels[0].textContent}: ${copied ? "copied" : "selected"}.`;
  });
  field.after(button);
}

element(type).hidden = false;
