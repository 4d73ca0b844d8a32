// What an integrator's program does, with nothing but the types that are generated from the document.
// Usage: node story.ts ADDRESS, of a server in test mode whose keys may make five calls a minute.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.ts";

type Schemas = components["schemas"];
type Answer<T> = { data?: T; error?: Schemas["Problem"]; response: Response };

const baseUrl = process.argv[2];
const measies = { chest: 920, waist: 760 };

/** What an answer holds, which must not be a problem. */
function done<T>(answer: Answer<T>): T {
  assert(answer.data !== undefined, `${answer.response.url}: ${answer.error?.detail}`);
  return answer.data;
}

/** The problem that an answer tells, which must have this status and code. */
function refused(answer: Answer<unknown>, status: number, code: Schemas["ErrorCode"]): Schemas["Problem"] {
  assert(answer.error !== undefined);
  assert.deepEqual([answer.response.status, answer.error.status, answer.error.error], [status, status, code]);
  return answer.error;
}

/** The cursor of the next page, from the answer's `Link`; undefined where there is none. */
function nextCursor(response: Response): string | undefined {
  const address = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("Link") ?? "")?.[1];
  return address && (new URL(address, baseUrl).searchParams.get("cursor") ?? undefined);
}

/** Sign up in test mode; the token of the session. */
async function signUp(): Promise<string> {
  const anyone = createClient<paths>({ baseUrl });
  const body = { email: "typescript@freesewing.dev", language: "en", test: true } as const;
  const { confirmation } = done(await anyone.POST("/signup", { body }));
  assert(confirmation);
  const params = { path: { id: confirmation } };
  return done(await anyone.POST("/confirm/signup/{id}", { params, body: { consent: 2 } })).token;
}

const person = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${await signUp()}` } });

/** A client of a script that has a new key. */
async function newScript() {
  const body = { name: "a script", level: 3, expiresIn: 3600 };
  const { apikey } = done(await person.POST("/apikeys", { body }));
  return createClient<paths>({ baseUrl, headers: { Authorization: `Basic ${btoa(`${apikey.key}:${apikey.secret}`)}` } });
}

/** A new set with this name. */
async function newSet(name: string): Promise<Schemas["MeasurementsSet"]> {
  return done(await person.POST("/sets", { body: { name, measies } })).set;
}

async function aScriptMakesReadsChangesAndDeletesASet() {
  const script = await newScript();
  const { set } = done(await script.POST("/sets", { body: { name: "Alice", measies } }));
  const params = { path: { id: String(set.id) } };
  assert.deepEqual(done(await script.GET("/sets/{id}", { params })).set, set);
  const changed = done(await script.PATCH("/sets/{id}", { params, body: { notes: "Taken in November" } })).set;
  assert.deepEqual([changed.notes, changed.measies.chest], ["Taken in November", 920]);
  assert.equal((await script.DELETE("/sets/{id}", { params })).response.status, 204);
  refused(await script.GET("/sets/{id}", { params }), 404, "notFound");
}

async function aPatternHasTheSetThatItWasDraftedFrom() {
  const set = await newSet("Alice");
  const body = { design: "aaron", settings: { sa: 10 }, set: set.id };
  const made = done(await person.POST("/patterns", { body })).pattern;
  const read = done(await person.GET("/patterns/{id}", { params: { path: { id: String(made.id) } } })).pattern;
  assert.deepEqual([read.set, read.cset, read.settings.sa], [set, null, 10]);
}

async function aListIsWalkedToItsEnd() {
  const made = [await newSet("A"), await newSet("B"), await newSet("C")];
  const found: Schemas["MeasurementsSet"][] = [];
  let cursor: string | undefined;
  do {
    const page = await person.GET("/sets", { params: { query: { limit: 2, cursor } } });
    found.push(...done(page).sets);
    cursor = nextCursor(page.response);
  } while (cursor);
  assert.deepEqual(found.slice(-3), made);
}

async function aWrongBodyIsRefusedWithATypedProblem() {
  const problem = refused(await person.POST("/sets", { body: { name: "" } }), 400, "nameMissing");
  const [first] = problem.errors ?? [];
  assert.deepEqual([first?.in, first?.pointer], ["body", "/name"]);
}

async function whatSomebodyElseChangedIsNotOverwritten() {
  const path = { id: String((await newSet("Alice")).id) };
  const tag = (await person.GET("/sets/{id}", { params: { path } })).response.headers.get("ETag");
  assert(tag);
  const params = { path, header: { "If-Match": tag } };
  done(await person.PATCH("/sets/{id}", { params, body: { name: "Bob" } }));
  refused(await person.PATCH("/sets/{id}", { params, body: { name: "Carol" } }), 412, "preconditionFailed");
}

async function aRequestThatIsSentAgainIsAnsweredAlike() {
  const params = { header: { "Idempotency-Key": "one" } };
  const first = await person.POST("/sets", { params, body: { name: "Alice" } });
  const again = await person.POST("/sets", { params, body: { name: "Alice" } });
  assert.deepEqual(done(again), done(first));
  assert.equal(again.response.headers.get("Idempotent-Replayed"), "true");
}

async function overItsQuotaAScriptIsToldWhenToComeAgain() {
  const script = await newScript();
  let answer = await script.GET("/sets");
  // The sixth call of a minute is refused; another minute may have begun meanwhile.
  for (let calls = 1; answer.data && calls < 11; calls++) answer = await script.GET("/sets");
  assert.deepEqual(refused(answer, 429, "quotaExceeded")["violated-policies"], ["burst"]);
  const seconds = Number(answer.response.headers.get("Retry-After"));
  assert(seconds > 0 && seconds <= 60);
}

for (const happens of [
  aScriptMakesReadsChangesAndDeletesASet,
  aPatternHasTheSetThatItWasDraftedFrom,
  aListIsWalkedToItsEnd,
  aWrongBodyIsRefusedWithATypedProblem,
  whatSomebodyElseChangedIsNotOverwritten,
  aRequestThatIsSentAgainIsAnsweredAlike,
  overItsQuotaAScriptIsToldWhenToComeAgain,
]) {
  await happens();
  console.log(happens.name);
}
