"use strict";
// The page of the simulator: what the stream of events says, and requests to the control API. Names and values of
// documents and requests become text alone, never markup.
const ROOT = "/_simulator";
const MAX_ROWS = 200; // of a table
const MAX_KEPT_REQUESTS = 1000;
const MAX_TICKS = 60; // requests in the timeline of a job
const byId = (id) => document.getElementById(id);
const text = (value, most = 200) => {
  const visible = String(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);
  return visible.length > most ? `${visible.slice(0, most)} …` : visible;
};
const element = (name, className = "", content = "") => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (content !== "") made.textContent = text(content);
  return made;
};
const shape = (name, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const option = (value, label) => {
  const made = element("option", "", label);
  made.value = value;
  return made;
};
const decimal = (value) => String(Math.round(value * 10) / 10);
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

// What the page knows.
let run = "";
let clock = {now: 0, speed: 0, at: 0};
let operations = []; // of the overview, each with its API
let requests = [];
let unseen = 0; // requests that have arrived while the list is paused
const jobs = new Map(); // the newest one is the last one
const jobRows = new Map();
let jobCount = 0;

const now = () => clock.now + ((performance.now() - clock.at) / 1000) * (clock.speed ?? 0);
const timeOf = (seconds) => new Date(Math.min(seconds, 253402214400) * 1000).toISOString();
const kindOf = (job, state) =>
  operations.find((one) => one.api === job.api && one.operation === job.operation)?.kinds?.[state] ?? job.kind;
const jobKey = (job) => `${job.operation} ${job.path}`;

// The control API.

const send = async (method, path, body) => {
  const response = await fetch(ROOT + path, {
    method,
    headers: body === undefined ? {} : {"content-type": "application/json"},
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.ok) return {value: response.status === 204 ? null : await response.json(), errors: []};
  const problem = await response.json().catch(() => ({}));
  const unexplained = [{field: "", reason: `the simulator responds with ${response.status}`}];
  return {value: null, errors: problem.errors ?? unexplained};
};
const clearErrors = (form) => {
  for (const error of form.querySelectorAll(".error")) error.hidden = true;
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    describe(control, "");
  }
};
const describe = (control, errorId) => {
  const hint = byId(`${control.id}-hint`);
  const ids = [errorId, hint?.id].filter(Boolean).join(" ");
  if (ids) control.setAttribute("aria-describedby", ids);
  else control.removeAttribute("aria-describedby");
};
// Show each error at the control of its field, or of the nearest one that it contains or is a part of; otherwise below
// the form.
const controlOf = (form, field) => {
  const controls = [...form.querySelectorAll("[data-field]")].filter((one) => one.checkVisibility());
  for (let place = field; place; place = place.slice(0, Math.max(place.lastIndexOf("/"), 0))) {
    const found = controls.find((one) => one.dataset.field === place) ??
      controls.find((one) => one.dataset.field.startsWith(`${place}/`));
    if (found) return found;
  }
  return null;
};
const showErrors = (form, errors, general) => {
  for (const {field, reason} of errors) {
    const control = controlOf(form, field);
    const error = control?.closest(".field, .step")?.querySelector(".error") ?? general;
    error.textContent = text(control ? reason : field ? `${field}: ${reason}` : reason, 400);
    error.hidden = false;
    if (!control) continue;
    control.setAttribute("aria-invalid", "true");
    describe(control, error.id);
    control.focus();
  }
};
// Send the body of a form; show what has happened, or the errors.
const submit = (form, general, result, request, report) => {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearErrors(form);
    result.textContent = "";
    try {
      const {value, errors} = await send(...request());
      showErrors(form, errors, general ?? result);
      if (!errors.length) result.textContent = text(report(value));
    } catch {
      result.textContent = "The simulator does not respond.";
    }
  });
};
const press = (id, action) => {
  byId(id).addEventListener("click", async () => {
    try {
      await action();
    } catch {
      byId("clock-result").textContent = "The simulator does not respond.";
    }
  });
};
// What a user has typed: a number if it is one; anything else is left to the control API, which says what it expects.
const number = (typed) => (typed.trim() && Number.isFinite(Number(typed)) ? Number(typed) : typed);
const filled = (form, names, convert = (typed) => typed) => {
  const found = {};
  for (const name of names) {
    const control = [...form.querySelectorAll("[data-field]")].find((one) => one.dataset.field === name);
    if (control.value.trim() && control.checkVisibility()) found[name] = convert(control.value);
  }
  return found;
};

// The clock, the limits and the reset.

const showClock = () => {
  byId("now").textContent = timeOf(now()).replace("T", " ").slice(0, 21);
};
const clockChanged = (changed) => {
  clock = {...changed, at: performance.now()};
  const {speed} = clock;
  byId("speed").textContent =
    speed === undefined ? "advances with each request" : speed === 0 ? "paused" : `${speed} times real time`;
  byId("pause").hidden = byId("speed-form").hidden = speed === undefined;
  byId("pause").textContent = speed === 0 ? "Run" : "Pause";
  showClock();
  for (const row of jobRows.values()) row.isSettled = false;
  updateJobs();
};
const clockReport = (value) => `It is ${timeOf(value.now)}.`;
submit(byId("advance-form"), null, byId("clock-result"),
  () => ["PUT", "/clock", {advance: number(byId("clock-advance").value)}], clockReport);
submit(byId("speed-form"), null, byId("clock-result"),
  () => ["PUT", "/clock", {speed: number(byId("clock-speed").value)}], clockReport);
press("pause", () => send("PUT", "/clock", {speed: clock.speed === 0 ? 1 : 0}));
press("limits", async () => {
  const enforced = byId("limits").checked; // what follows is told by the stream of events
  try {
    await send("PUT", "/limits", {enforced});
  } catch (error) {
    byId("limits").checked = !enforced;
    throw error;
  }
});
press("reset", () => byId("reset-dialog").showModal());
press("reset-cancel", () => byId("reset-dialog").close());
press("reset-now", async () => {
  byId("reset-dialog").close();
  await send("POST", "/reset");
  byId("clock-result").textContent = "The simulator is as it was at the start.";
});

// Jobs.

const stateAt = (job) => {
  if (job.started === null) return {state: job.state, elapsed: null};
  const elapsed = now() - job.started;
  const step = job.after.findLast(([offset]) => offset <= elapsed) ?? job.after[0];
  return {state: step[1], elapsed};
};
const drawTimeline = (job, row) => {
  const last = job.after.at(-1)[0];
  const range = last ? last * 1.25 : 1;
  const percent = (seconds) => Math.min(Math.max((100 * seconds) / range, 0), 100);
  const course = shape("g", {class: "course"});
  job.after.forEach(([offset, state], index) => {
    const x = percent(offset);
    const width = (index + 1 < job.after.length ? percent(job.after[index + 1][0]) : 100) - x;
    const bar = shape("rect", {x, y: 0, width, height: 11, class: kindOf(job, state)});
    const title = shape("title", {});
    title.textContent = text(`${state} after ${decimal(offset)} s`);
    bar.append(title);
    course.append(bar);
  });
  row.percent = percent;
  row.future = shape("rect", {x: 0, y: 0, width: 100, height: 11, class: "future"});
  row.cursor = shape("line", {x1: 0, x2: 0, y1: 0, y2: 11, class: "now"});
  row.ticks = shape("g", {});
  course.append(row.future);
  row.timeline.replaceChildren(course, row.ticks, row.cursor);
  const steps = job.after.slice(0, 20).map(([offset, state]) => `${text(state, 60)} after ${decimal(offset)} s`);
  row.timeline.setAttribute("aria-label", steps.join(", "));
  drawTicks(job, row);
};
const drawTicks = (job, row) => {
  if (job.started === null) return;
  const end = job.after.at(-1)[0] * 1.25 || 1;
  const shown = job.ticks.filter(({at}) => at >= job.started && at - job.started <= end);
  row.ticks.replaceChildren(...shown.map(({at, failed}) => {
    const x = row.percent(at - job.started);
    return shape("line", {x1: x, x2: x, y1: 13, y2: 20, class: failed ? "failed" : "poll"});
  }));
};
const jobRow = (key, job) => {
  const name = element("th");
  name.scope = "row";
  name.append(element("code", "", job.id), document.createElement("br"),
    element("small", "", `${job.api} · ${job.operation}`));
  const [tr, badge, progress, note] = ["tr", "span", "progress", "small"].map((one) => element(one));
  const row = {tr, badge, progress, note};
  row.timeline = shape("svg", {class: "timeline", viewBox: "0 0 100 20", preserveAspectRatio: "none", role: "img"});
  row.progress.setAttribute("aria-label", text(`Progress of ${job.id}`));
  const cells = [[row.badge], [row.timeline], [row.progress, document.createElement("br"), row.note]];
  row.tr.append(name, ...cells.map((content) => {
    const cell = element("td");
    cell.append(...content);
    return cell;
  }));
  jobRows.set(key, row);
  return row;
};
// Show the state of a job as it is now, which follows from its course and the clock.
const updateJob = (job, row) => {
  const {state, elapsed} = stateAt(job);
  const kind = kindOf(job, state);
  const end = job.after.at(-1)[0];
  row.badge.className = `badge ${kind}`;
  row.badge.textContent = text(state, 60);
  const isOver = elapsed !== null && elapsed >= end;
  row.progress.hidden = kind !== "pending";
  row.progress.value = elapsed === null || !end ? 0 : Math.min(elapsed / end, 1);
  row.note.textContent =
    elapsed === null ? "starts with its first request"
      : !isOver ? `${decimal(elapsed)} s of ${decimal(end)} s`
        : kind === "pending" || kind === "notStarted" ? `for ${decimal(elapsed)} s` : `after ${decimal(end)} s`;
  const x = elapsed === null ? 0 : row.percent(elapsed);
  row.future.setAttribute("x", x);
  row.future.setAttribute("width", 100 - x);
  row.cursor.setAttribute("x1", x);
  row.cursor.setAttribute("x2", x);
  row.isSettled = elapsed === null || (isOver && x >= 100 && kind !== "pending" && kind !== "notStarted");
};
const updateJobs = () => {
  for (const [key, row] of jobRows) if (!row.isSettled && jobs.has(key)) updateJob(jobs.get(key), row);
};
const showJobs = () => {
  const words = byId("job-filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = byId("job-operation").value;
  const found = [...jobs].reverse().filter(([, job]) => {
    const content = `${job.id} ${stateAt(job).state} ${job.api} ${job.operation}`.toLowerCase();
    return (!chosen || chosen === `${job.api} ${job.operation}`) && words.every((word) => content.includes(word));
  }).sort(([, one], [, other]) => (other.started ?? -1) - (one.started ?? -1)); // those not started are the last ones
  const listed = found.slice(0, MAX_ROWS);
  const keys = new Set(listed.map(([key]) => key));
  for (const key of jobRows.keys()) if (!keys.has(key)) jobRows.delete(key);
  const body = byId("job-table").tBodies[0];
  const rows = listed.map(([key, job]) => {
    let row = jobRows.get(key);
    if (row?.job !== job) {
      row = row ?? jobRow(key, job);
      row.job = job;
      drawTimeline(job, row);
      updateJob(job, row);
    }
    return row.tr;
  });
  const isSame = rows.length === body.rows.length && rows.every((row, index) => row === body.rows[index]);
  if (!isSame) body.replaceChildren(...rows);
  const more = jobCount - listed.length;
  byId("job-count").textContent =
    `${count(listed.length, "job")}${more > 0 ? `, the newest; ${more.toLocaleString("en")} more are not shown` : ""}`;
  byId("known").replaceChildren(...[...jobs.values()].slice(-50).map((job) => option(job.id, "")));
};
const jobsChanged = (changed, removed = []) => {
  for (const one of removed) jobs.delete(jobKey(one));
  for (const job of changed) {
    const key = jobKey(job);
    const old = jobs.get(key);
    // A new run is the newest job.
    const isSameRun = old && JSON.stringify(old.after) === JSON.stringify(job.after) &&
      (old.started === null || old.started === job.started);
    if (old && !isSameRun) jobs.delete(key);
    jobs.set(key, {...job, ticks: isSameRun ? old.ticks : []});
  }
};

// Requests, also as ticks in the timelines of the jobs that they are about.

const decoded = (part) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};
// The keys under which a target finds its jobs: its path, alone and with each of its parameters.
const targetKeys = (target) => {
  const [path, query = ""] = target.split("?");
  const own = decoded(path);
  return [own, ...query.split("&").filter(Boolean).map((pair) => `${own}?${decoded(pair)}`)];
};
const addTicks = (added) => {
  const byTarget = new Map();
  for (const [key, job] of jobs) {
    const [path, query] = job.path.split("?");
    const target = decoded(path) + (query ? `?${decoded(query)}` : "");
    byTarget.set(target, [...(byTarget.get(target) ?? []), key]);
  }
  const touched = new Set();
  for (const request of added) {
    for (const key of targetKeys(request.target).flatMap((one) => byTarget.get(one) ?? [])) {
      const job = jobs.get(key);
      job.ticks.push({at: request.at, failed: request.status === null || request.status >= 400});
      if (job.ticks.length > MAX_TICKS) job.ticks.shift();
      touched.add(key);
    }
  }
  for (const key of touched) if (jobRows.get(key)?.job === jobs.get(key)) drawTicks(jobs.get(key), jobRows.get(key));
};
const requestRow = (one) => {
  const row = element("tr");
  const verdict = one.status === null || one.status >= 500 ? "failed" : one.status >= 400 ? "accepted" : "ok";
  const target = element("td");
  target.append(element("code", "", `${one.method} ${text(one.target, 300)}`));
  const status = element("td");
  status.append(element("span", `badge ${verdict}`, one.status ?? "closed"));
  row.append(element("td", "number", one.number), element("td", "mono", timeOf(one.at).slice(11, 23)), target, status,
    element("td", "", one.faults.join(", ")));
  return row;
};
const isPaused = () => byId("request-pause").getAttribute("aria-pressed") === "true";
const showRequests = () => {
  const words = byId("request-filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = requests.filter((one) => {
    const content = `${one.method} ${one.target} ${one.status ?? "closed"} ${one.faults.join(" ")}`.toLowerCase();
    return words.every((word) => content.includes(word));
  });
  const listed = found.slice(-MAX_ROWS).reverse();
  byId("request-table").tBodies[0].replaceChildren(...listed.map(requestRow));
  const total = requests.at(-1)?.number ?? 0;
  byId("request-count").textContent =
    `${count(listed.length, "request")}${total > listed.length ? ` of ${total.toLocaleString("en")}` : ""}`;
};
const requestsArrived = (added) => {
  requests = [...requests, ...added].slice(-MAX_KEPT_REQUESTS);
  addTicks(added);
  unseen += added.length;
  byId("request-pause").textContent = isPaused() ? `Continue (${unseen} new)` : "Pause the list";
  if (!isPaused()) showRequests();
};
byId("request-pause").addEventListener("click", () => {
  byId("request-pause").setAttribute("aria-pressed", String(!isPaused()));
  unseen = 0;
  requestsArrived([]);
});
byId("request-filter").addEventListener("input", showRequests);
byId("job-filter").addEventListener("input", showJobs);
byId("job-operation").addEventListener("input", showJobs);

// Faults.

const faultsChanged = (faults, total) => {
  const active = document.activeElement?.id ?? "";
  byId("fault-table").tBodies[0].replaceChildren(...faults.toReversed().map((fault) => {
    const row = element("tr");
    const remove = element("button", "", "Remove");
    remove.type = "button";
    remove.id = `remove-${fault.number}`;
    remove.setAttribute("aria-label", `Remove the fault ${fault.number}`);
    remove.addEventListener("click", () => {
      byId("faults").focus();
      send("DELETE", `/faults/${fault.number}`).catch(() => null);
    });
    const {kind, number: own, met, ...fields} = fault;
    const shown = Object.entries(fields).filter(
      ([name, value]) => !((name === "share" && value === 1) || value === 0 || value === false ||
        (name === "status" && kind !== "status")));
    const what = element("td");
    what.append(element("b", "", kind), " ", element("small", "", shown.map(
      ([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ")));
    const last = element("td");
    last.append(remove);
    row.append(element("td", "number", own), what, element("td", "number", met), last);
    return row;
  }));
  if (active) byId(active)?.focus();
  byId("fault-region").hidden = byId("clear-faults").hidden = !total;
  const more = total > faults.length ? `; the newest ${faults.length} are shown` : "";
  byId("fault-count").textContent = total ? count(total, "fault") + more : "None.";
};
press("clear-faults", async () => {
  byId("faults").focus();
  await send("DELETE", "/faults");
});
const showFields = () => {
  const kind = byId("fault-kind").value;
  for (const field of document.querySelectorAll("[data-kinds]")) {
    field.hidden = !field.dataset.kinds.split(" ").includes(kind);
  }
};
const showScope = () => {
  const api = byId("fault-api").value;
  const names = [...new Set(operations.filter((one) => !api || one.api === api).map((one) => one.operation))];
  byId("fault-operation").replaceChildren(option("", "All"), ...names.map((name) => option(name, name)));
};
byId("fault-kind").addEventListener("input", showFields);
byId("fault-api").addEventListener("input", showScope);
// The value of a property is JSON, or else a string.
const faultValue = (typed) => {
  if (byId("fault-kind").value !== "unknown_field") return typed;
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
};
submit(byId("fault-form"), byId("fault-error"), byId("fault-result"), () => {
  const form = byId("fault-form");
  return ["POST", "/faults", {
    ...filled(form, ["kind", "field", "api", "operation", "id"]),
    ...filled(form, ["value"], faultValue),
    ...filled(form, ["status", "retry_after", "seconds", "most", "share", "times", "after"], number),
    ...(byId("fault-html").checked && byId("fault-html").checkVisibility() ? {html: true} : {}),
  }];
}, (value) => `The fault ${value.number} is active.`);

// The creation of jobs.

const chosenOperation = () => operations.filter((one) => one.kinds)[Number(byId("create-operation").value)];
const renumber = () => {
  [...byId("steps").children].forEach((step, index) => {
    const [seconds, state] = step.querySelectorAll("input, select");
    seconds.dataset.field = `after/${index}/0`;
    state.dataset.field = `after/${index}/1`;
    seconds.setAttribute("aria-label", `Seconds after the start, of state ${index + 1}`);
    state.setAttribute("aria-label", `State ${index + 1}`);
    step.querySelector("button").setAttribute("aria-label", `Remove state ${index + 1}`);
  });
};
let stepsMade = 0;
const addStep = (seconds, state) => {
  const step = element("div", "step");
  const [offset, states, remove, error] = ["input", "select", "button", "p"].map((name) => element(name));
  stepsMade += 1;
  offset.id = `step-${stepsMade}-seconds`;
  states.id = `step-${stepsMade}-state`;
  error.id = `step-${stepsMade}-error`;
  offset.inputMode = "decimal";
  offset.value = seconds;
  states.append(...Object.keys(chosenOperation().kinds).map((one) => option(one, one)));
  states.value = state;
  remove.type = "button";
  remove.textContent = "Remove";
  remove.addEventListener("click", () => {
    step.remove();
    renumber();
    byId("add-step").focus();
  });
  error.className = "error";
  error.hidden = true;
  step.append(offset, states, remove, error);
  byId("steps").append(step);
  renumber();
};
const statesOf = (kind) =>
  Object.entries(chosenOperation().kinds).filter(([, one]) => one === kind).map(([one]) => one);
const showOperation = () => {
  const operation = chosenOperation();
  byId("steps").replaceChildren();
  byId("create-parameters").replaceChildren();
  if (!operation) return;
  const pending = statesOf("pending");
  pending.forEach((state, index) => addStep(index * 5, state));
  const last = statesOf("success")[0] ?? statesOf("failure")[0];
  if (last !== undefined) addStep(pending.length * 5, last);
  const names = [...operation.path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name);
  names.filter((name) => name !== operation.parameter).forEach((name, index) => {
    const field = element("div", "field");
    const label = element("label", "", name);
    const input = element("input");
    const error = element("p", "error");
    input.id = label.htmlFor = `create-parameter-${index}`;
    input.dataset.field = `parameters/${name}`;
    error.id = `${input.id}-error`;
    error.hidden = true;
    field.append(label, input, error);
    byId("create-parameters").append(field);
  });
};
byId("create-operation").addEventListener("input", showOperation);
byId("create-outcome").addEventListener("input", () => {
  byId("script").hidden = byId("create-outcome").value !== "script";
});
byId("add-step").addEventListener("click", () => {
  if (!chosenOperation()) return;
  const offsets = [...byId("steps").querySelectorAll("input")].map((one) => Number(one.value) || 0);
  addStep(offsets.length ? Math.max(...offsets) + 5 : 0, Object.keys(chosenOperation().kinds)[0]);
});
submit(byId("create-form"), byId("create-error"), byId("create-result"), () => {
  const form = byId("create-form");
  const operation = chosenOperation();
  const parameters = {};
  for (const input of byId("create-parameters").querySelectorAll("input")) {
    if (input.value) parameters[input.dataset.field.slice("parameters/".length)] = input.value;
  }
  const script = [...byId("steps").children].map((step) => {
    const [seconds, state] = step.querySelectorAll("input, select");
    return [number(seconds.value), state.value];
  });
  return ["POST", "/jobs", {
    ...(operation ? {api: operation.api, operation: operation.operation} : {}),
    ...filled(form, ["id", "reason"]),
    ...filled(form, ["count"], number),
    ...(Object.keys(parameters).length ? {parameters} : {}),
    ...(byId("create-outcome").value === "script" ? {after: script} : {}),
  }];
}, (value) => (value.count === 1 ? `Created ${value.jobs[0].id}.` : `Created ${count(value.count, "job")}.`));

// Copies of snippets.

const copy = async (source) => {
  // Without TLS, only pages of this machine have a clipboard.
  if (navigator.clipboard) return navigator.clipboard.writeText(source.textContent.trim());
  getSelection().selectAllChildren(source);
  return document.execCommand("copy");
};
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const done = await copy(byId(button.dataset.copy)).then(() => "Copied", () => "Not copied");
    button.textContent = byId("copied").textContent = done;
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

// The stream of events.

const connectionIs = (kind, message) => {
  byId("connection").className = `badge ${kind}`;
  if (byId("connection").textContent !== message) byId("connection").textContent = message;
};
const loadOverview = async () => {
  const {value} = await send("GET", "");
  if (!value) return;
  operations = value.apis.flatMap(({api, operations: listed}) => listed.map((one) => ({...one, api})));
  const reporting = operations.filter((one) => one.kinds);
  const options = (valueOf) =>
    reporting.map((one, index) => option(valueOf(one, index), `${one.api} · ${one.operation}`));
  byId("create-operation").replaceChildren(...options((one, index) => index));
  byId("job-operation").replaceChildren(option("", "All"), ...options((one) => `${one.api} ${one.operation}`));
  const apis = value.apis.map(({api, title}) => option(api, `${api}: ${title}`));
  byId("fault-api").replaceChildren(option("", "All"), ...apis);
  showScope();
  showOperation();
};
const apply = (part) => {
  if (part.jobs || part.removed) jobsChanged(part.jobs ?? [], part.removed);
  jobCount = part.job_count ?? jobCount;
  if (part.clock) clockChanged(part.clock);
  if (part.limits) byId("limits").checked = part.limits.enforced;
  if (part.faults) faultsChanged(part.faults, part.fault_count);
  if (part.requests) requestsArrived(part.requests);
  if (part.jobs || part.removed || part.job_count !== undefined) showJobs();
};
let applied = Promise.resolve(); // the events take effect in order, also while the overview loads
const inOrder = (action) => {
  applied = applied.then(action).catch(() => connectionIs("failed", "the page failed; reload it"));
};
let stream = null;
let retry = 0;
const connect = () => {
  clearTimeout(retry);
  stream?.close();
  stream = new EventSource(`${ROOT}/events`);
  stream.addEventListener("snapshot", (event) => {
    const all = JSON.parse(event.data);
    inOrder(async () => {
      let message = "live";
      if (run !== all.run) {
        const before = JSON.stringify(operations);
        await loadOverview();
        const isSame = before === JSON.stringify(operations);
        const restarted = isSame ? "the simulator has restarted" : "the simulator has other documents; reload the page";
        if (run) message = `live, ${restarted}`;
      }
      run = all.run;
      const kept = new Map([...jobs].map(([key, job]) => [key, job.ticks]));
      if (!all.resumed) requests = [];
      jobs.clear();
      jobsChanged(all.jobs);
      if (all.resumed) for (const [key, job] of jobs) job.ticks = kept.get(key) ?? [];
      apply({...all, jobs: undefined});
      showJobs();
      connectionIs("ok", message);
    });
  });
  stream.addEventListener("change", (event) => {
    const part = JSON.parse(event.data);
    inOrder(() => apply(part));
  });
  stream.addEventListener("error", () => {
    connectionIs("failed", "connection lost; trying again");
    // A browser gives up after a response that is no stream.
    if (stream.readyState === EventSource.CLOSED) retry = setTimeout(connect, 2000);
  });
};
// A hidden page uses none of the few connections that a browser opens to a server.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") connect();
  else stream?.close();
});
for (const part of document.querySelectorAll("[data-live]")) part.hidden = false;
showFields();
setInterval(() => { showClock(); updateJobs(); }, 200);
connect();
