const map = get("map"), steps = data.steps, last = steps.length - 1;
let draw = 0, step = 0, timer = null;
const played = () => draw + (step === last ? 1 : 0);
const reaches = (name) => steps.includes(name) && step >= steps.indexOf(name);

function ground() {
  const unit = map.viewBox.baseVal.width / (map.clientWidth || 600);
  for (const id of ["truths", "villages"]) get(id).replaceChildren();
  wrong.forEach((_, id) => {
    if (wrong[id]) make(get("truths"), "circle", { cx: across[id], cy: down[id], r: (3 * Math.sqrt(wrong[id]) * Math.max(1, unit * 0.55)).toFixed(1), class: "truth" });
    shape(get("villages"), id, 2.2 * Math.max(1.6, unit), "dot").append(title(`${placeOf(id)} ${nameOf(id)}`));
  });
  get("names").style.fontSize = Math.max(17, 11.5 * unit) + "px";
}
const title = (text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "title");
  made.textContent = text;
  return made;
};

function marks(parent, slots, stage, unit) {
  parent.replaceChildren();
  slots.forEach((slot, k) => {
    const found = stage === "found" ? slot.exits + slot.misses : 0;
    const group = make(parent, "g");
    group.style.setProperty("--i", k);
    const size = (found ? 10.5 : 9.5) * unit;
    shape(group, slot.id, size, "mark" + (found ? " found" : "") + (stage === "survey" ? " faint" : ""));
    const digits = stage === "found" ? found || "" : stage === "visited" ? slot.visited || "" : slot.number;
    const x = across[slot.id], y = down[slot.id];
    make(group, "text", { class: "digits", x, y: y + (remote[slot.id] ? 0.55 : 0.4) * 10.5 * unit }, digits).style.fontSize = 10.5 * unit + "px";
    group.append(title(`${slot.number} ${placeOf(slot.id)} ${nameOf(slot.id)}`));
  });
}

function sentence(one) {
  const name = steps[step];
  const fields = { draws: data.draws };
  const ids = one.slots.map(({ id }) => id);
  if (name === "villages" || name === "found") Object.assign(fields, { drawn: average(ids), all: average(everyone) });
  if (name === "households" && !second) {
    const told = data.groups.map((group, g) => [groups[g][draw], `${group} ${whole(groups[g][draw])}`]).filter(([count]) => count);
    Object.assign(fields, { visited: whole(sum(groups, (column) => column[draw])), groups: told.map(([, text]) => text).join(say("joiner")) });
  }
  if (second) ["questionnaires", "desk", "revisited", "fresh"].forEach((key, k) => { fields[key] = whole(second[k][draw]); });
  const approval = criteria.find((each) => each.name === "approval");
  if (name === "found") Object.assign(fields, foundIn(draw, one), { disapproving: approval && approval.found[draw] });
  if (name === "verdict") return verdict(one);
  const key = name === "households" && second ? "survey" : name === "found" && !approval ? "found_only" : name;
  return say("step_" + key, fields);
}
function verdict(one) {
  const reasons = one.failed.map((each) => say("reason", { criterion: each.label, value: rate(each, draw), sign: each.atLimit[draw] ? "=" : each.sign, limit: each.limit_text }));
  return say("verdict_" + outcome(one), { reasons: reasons.join(say("joiner")), names: one.open.map((each) => each.label).join(say("enumeration")) });
}

function scale(one) {
  const box = get("rate-" + one.name), svg = box.querySelector("svg"), wide = svg.clientWidth || 300, high = 34;
  const most = 2.6, x = (units) => 8 + (wide - 16) * Math.min(units, most) / most;
  svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  svg.replaceChildren();
  make(svg, "rect", { class: "beyond", x: x(1), y: 4, width: wide - 8 - x(1), height: 16 });
  make(svg, "path", { class: "axis", d: `M8 12H${wide - 8}` });
  make(svg, "path", { class: "limit", d: `M${x(1)} 1v22` });
  // The two labels stand back to back, each on its line's own side.
  const at = one.truth === null ? 0 : x(reach(one, one.truth)), left = at <= x(1);
  make(svg, "text", { class: "chart fail", x: x(1) + (left ? -2 : 2), y: high, "text-anchor": left ? "start" : "end" }, `${say("limit")} ${one.limit_text}`);
  if (one.truth !== null && !map.classList.contains("without")) {
    make(svg, "path", { class: "true", d: `M${at} 1v22` });
    const place = left ? { x: Math.min(at + 40, x(1) - 10), "text-anchor": "end" } : { x: Math.max(Math.min(at - 40, wide - 110), x(1) + 10), "text-anchor": "start" };
    make(svg, "text", { class: "chart secret", y: high, ...place }, `${say("true_rate")} ${(one.truth / 100).toFixed(2)}%`);
  }
  const told = reaches("estimate"), n = draw;
  if (told && one.value[n]) {
    if (one.low[n]) {
      const ends = [one.low[n], one.high[n]].map((end) => x(reach(one, end - 1)));
      make(svg, "path", { class: "range", d: `M${ends[0]} 12H${ends[1]}` });
    }
    make(svg, "circle", { class: "point" + (one.fails[n] ? " fails" : ""), cx: x(reach(one, one.value[n] - 1)), cy: 12, r: 6 });
  }
  const text = told ? rate(one, n) : "";
  const interval = told && one.low[n] ? say("interval", { low: side(one.low[n]), high: side(one.high[n]) }) : "";
  box.querySelector(".count").textContent = reaches("found") && one.asked ? say("count", { found: whole(one.found[n]), asked: whole(one.asked[n]), unit: one.unit }) : "";
  const value = box.querySelector(".value");
  value.replaceChildren();
  const bold = document.createElement("b");
  bold.textContent = text;
  value.append(bold, interval && " " + interval);
  svg.setAttribute("aria-label", say("alternative_scale", { criterion: one.label, value: text || "—", limit: one.limit_text }));
}

function charts() {
  const question = get("question").value, done = played();
  const told = criteria.find((one) => one.name === question);
  let failed = 0;
  const shares = Array.from({ length: done }, (_, n) => (failed += failing(question, n)) / (n + 1));
  const share = done ? percent(failed / done) : "—", chance = data.chances[question];
  const line = done ? say("so_far", { failed, played: done, share }) + say("chance", { chance }) : say("nothing_yet", { chance });
  if (get("tally").textContent !== line) get("tally").textContent = line;
  curve(shares, data.chance[question], chance, share);
  get("caption").textContent = told ? say("chart_rate", { criterion: told.label }) : say("chart_any");
  histogram(question, told, done, failed);
}

function frame(svg, high) {
  const wide = svg.clientWidth || 400;
  svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  svg.replaceChildren();
  return wide;
}

function curve(shares, chance, text, share) {
  const svg = get("share"), high = 150, wide = frame(svg, high), most = data.draws;
  const x = (n) => 42 + (wide - 52) * (n - 1) / Math.max(1, most - 1), y = (part) => 10 + (high - 40) * (1 - part);
  if (chance !== null) {
    const ns = Array.from({ length: most }, (_, k) => k + 1), spread = (n) => 1.96 * Math.sqrt(chance * (1 - chance) / n);
    const top = ns.map((n) => `${x(n).toFixed(1)} ${y(Math.min(1, chance + spread(n))).toFixed(1)}`);
    const bottom = ns.map((n) => `${x(n).toFixed(1)} ${y(Math.max(0, chance - spread(n))).toFixed(1)}`).reverse();
    make(svg, "path", { class: "band", d: `M${[...top, ...bottom].join("L")}Z` });
  }
  for (const part of [0, 0.5, 1]) {
    make(svg, "path", { class: "rule", d: `M42 ${y(part)}H${wide - 10}` });
    make(svg, "text", { class: "chart", x: 36, y: y(part) + 4, "text-anchor": "end" }, `${100 * part}%`);
  }
  for (const n of [1, Math.ceil(most / 2), most]) make(svg, "text", { class: "chart", x: x(n), y: high - 6, "text-anchor": n === most ? "end" : n === 1 ? "start" : "middle" }, n);
  if (chance !== null) {
    make(svg, "path", { class: "chance", d: `M42 ${y(chance)}H${wide - 10}` });
    make(svg, "text", { class: "chart halo", x: wide - 12, y: y(chance) + (chance > 0.5 ? 34 : -24), "text-anchor": "end" }, say("chance_line", { chance: text }));
  }
  if (shares.length) {
    make(svg, "path", { class: "line", d: "M" + shares.map((part, n) => `${x(n + 1).toFixed(1)} ${y(part).toFixed(1)}`).join("L") });
    make(svg, "circle", { cx: x(shares.length), cy: y(shares[shares.length - 1]), r: 5 });
  }
  svg.setAttribute("aria-label", say("alternative_share", { played: shares.length, share, chance: text }));
}

function histogram(question, told, done, failed) {
  const svg = get("histogram"), high = 150, wide = frame(svg, high), bins = 26;
  const at = (n) => Math.min(bins - 1, failing(question, n) ? Math.max(10, Math.floor(10 * reached(question, n) + 1e-9)) : Math.min(9, Math.floor(10 * reached(question, n) + 1e-9)));
  const counts = Array(bins).fill(0), all = Array(bins).fill(0);
  for (let n = 0; n < data.draws; n++) { all[at(n)]++; if (n < done) counts[at(n)]++; }
  const top = Math.max(4, ...all), left = 10, cell = (wide - 20) / bins, x = (units) => left + 10 * units * cell, y = (count) => 26 + (high - 56) * (1 - count / top);
  make(svg, "rect", { class: "beyond", x: x(1), y: 22, width: wide - 10 - x(1), height: y(0) - 22 });
  make(svg, "path", { class: "axis", d: `M${left} ${y(0)}H${wide - 10}` });
  counts.forEach((count, bin) => {
    if (count) make(svg, "rect", { class: "bar" + (bin >= 10 ? " fails" : "") + (bin === at(done - 1) ? " last" : ""), x: left + bin * cell, y: y(count), width: cell, height: y(0) - y(count) });
  });
  make(svg, "path", { class: "limit", d: `M${x(1)} 4V${y(0)}` });
  make(svg, "text", { class: "chart", x: x(1) - 8, y: 15, "text-anchor": "end" }, say("passes"));
  make(svg, "text", { class: "chart fail", x: x(1) + 8, y: 15 }, say("fails"));
  const label = (units) => (told ? written(told, units) : `${100 * units}%`);
  for (const units of [0, 1, 2]) make(svg, "text", { class: "chart", x: x(units), y: high - 8, "text-anchor": units ? "middle" : "start" }, label(units));
  if (told && told.truth !== null && !map.classList.contains("without")) make(svg, "path", { class: "true", d: `M${x(Math.min(2.6, reach(told, told.truth)))} 22V${y(0)}` });
  svg.setAttribute("aria-label", say("alternative_histogram", { played: done, failed }));
}

function compare() {
  const done = played(), one = done - 1;
  // Of those that ended differently, the one that lies farthest away.
  const others = inspections.map((_, n) => n).slice(0, Math.max(0, one)).filter((n) => outcome(inspections[n]) !== outcome(inspections[one]));
  const far = (n) => Math.abs(reached("any", n) - reached("any", one));
  const other = others.length ? others.reduce((best, n) => (far(n) > far(best) ? n : best)) : -1;
  get("compare").hidden = other < 0;
  get("wait").textContent = other < 0 ? say("compare_wait") : "";
  if (other < 0) return;
  const pair = [other, one].map((n) => ({ n, ...inspections[n] })), figures = document.querySelectorAll(".pair figure");
  const cells = (name) => document.querySelectorAll(name), unit = map.viewBox.baseVal.width / (figures[0].clientWidth || 400);
  pair.forEach((each, k) => {
    const told = say("compare_map", { number: each.n + 1, verdict: say(outcome(each)) });
    figures[k].querySelector("figcaption").textContent = told;
    figures[k].querySelector("svg").setAttribute("aria-label", told);
    marks(figures[k].querySelector("g"), each.slots, "found", unit * 0.85);
    cells(".pair-head")[k].textContent = told;
    cells(".pair-truth")[k].textContent = criteria.filter(({ truth }) => truth !== null).map(({ label, truth }) => `${label} ${(truth / 100).toFixed(2)}%`).join(say("joiner"));
    cells(".pair-drawn")[k].textContent = average(each.slots.map(({ id }) => id));
    cells(".pair-found")[k].textContent = foundIn(each.n, each).rate;
    for (const criterion of criteria) {
      const cell = cells(".pair-" + criterion.name)[k];
      cell.textContent = rate(criterion, each.n) + (criterion.fails[each.n] ? " " + say("beyond") : "");
      cell.classList.toggle("fails", criterion.fails[each.n] > 0);
    }
  });
  const ids = new Set(pair[0].slots.map(({ id }) => id));
  get("common").textContent = say("common", { count: pair[1].slots.filter(({ id }) => ids.has(id)).length });
}

function list(one) {
  const rows = reaches("villages") ? one.slots.filter(({ fresh }) => !fresh || reaches("recheck")) : [];
  get("rows").replaceChildren(...rows.map((slot) => {
    const row = document.createElement("tr"), seen = reaches("found"), been = reaches(second ? "recheck" : "households");
    for (const text of [slot.number, placeOf(slot.id), nameOf(slot.id), been ? slot.visited : "", seen ? slot.exits : "", seen ? slot.misses : ""]) {
      row.append(Object.assign(document.createElement("td"), { textContent: text }));
    }
    return row;
  }));
}

function show(arriving = false) {
  const one = inspections[draw], name = steps[step], unit = map.viewBox.baseVal.width / (map.clientWidth || 600);
  get("now").textContent = step ? say("inspection", { number: draw + 1, draws: data.draws }) : say("before", { draws: data.draws });
  [...get("steps").children].forEach((item, k) => (k === step ? item.setAttribute("aria-current", "step") : item.removeAttribute("aria-current")));
  get("sentence").textContent = name === "verdict" ? say("step_verdict") : sentence(one);
  const box = get("verdict"), told = name === "verdict" ? outcome(one) : "";
  box.className = "verdict " + told;
  const text = told ? verdict(one) : say("no_verdict");
  if (box.textContent !== text) box.textContent = text;
  const drawn = reaches("villages") ? one.slots.filter(({ fresh }) => !fresh || reaches("recheck")) : [];
  const stage = reaches("found") ? "found" : reaches(second ? "recheck" : "households") ? "visited" : name === "households" ? "survey" : "drawn";
  get("marks").classList.toggle("arriving", arriving && (name === "villages" || name === "found"));
  marks(get("marks"), drawn, stage, unit);
  map.setAttribute("aria-label", say("alternative_map", { number: draw + 1, villages: drawn.length, found: reaches("found") ? sum(drawn, (slot) => slot.exits + slot.misses) : 0 }));
  criteria.forEach(scale);
  charts();
  compare();
  list(one);
  get("command").textContent = `${data.command} --number ${draw + 1}`;
  const first = !draw && !step, end = draw === data.draws - 1 && step === last;
  for (const [id, off] of [["back", first], ["restart", first], ["forward", end], ["next", end], ["all", end], ["play", end]]) get(id).setAttribute("aria-disabled", off);
}

function move(to) {
  if (get(to).getAttribute("aria-disabled") === "true") return;
  if (to === "forward") step === last ? (draw++, (step = 1)) : step++;
  if (to === "back") step > 1 || !draw ? step-- : (draw--, (step = last));
  if (to === "next") step === last ? draw++ : (step = last);
  if (to === "all") [draw, step] = [data.draws - 1, last];
  if (to === "restart") [draw, step] = [0, 0];
  show(to === "forward");
}
function pause() {
  clearTimeout(timer);
  timer = null;
  get("play").textContent = say("play");
  for (const id of ["verdict", "tally"]) get(id).setAttribute("aria-live", "polite");
}
function tick() {
  const [wait, byStep] = get("speed").value.split(" ").map(Number);
  move(byStep ? "forward" : "next");
  timer = setTimeout(tick, wait);
  if (get("play").getAttribute("aria-disabled") === "true") pause();
}
function play() {
  if (timer) return pause();
  if (still.matches || get("play").getAttribute("aria-disabled") === "true") return;
  get("play").textContent = say("pause");
  for (const id of ["verdict", "tally"]) get(id).setAttribute("aria-live", "off");
  tick();
}

for (const id of ["back", "forward", "next", "all", "restart"]) get(id).addEventListener("click", () => { pause(); move(id); });
get("play").addEventListener("click", play);
get("question").addEventListener("change", charts);
get("truth").addEventListener("change", ({ target }) => {
  for (const part of [map, map.parentElement]) part.classList.toggle("without", !target.checked);
  show();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("select, input, .scroll")) return;
  const to = { ArrowLeft: "back", ArrowRight: event.shiftKey ? "next" : "forward" }[event.key];
  if (!to && event.key !== "Escape") return;
  pause();
  if (to) move(to);
  event.preventDefault();
});
still.addEventListener("change", pause);
addEventListener("resize", () => { ground(); show(); });
document.querySelector("main").hidden = false;
ground();
show();
