"use strict";
const get = (id) => document.getElementById(id);
const data = JSON.parse(get("data").textContent);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const say = (key, fields = {}) => data.words[key].replace(/\{(\w+)\}/g, (_, name) => fields[name]);
const percent = (share) => (100 * share).toFixed(1) + "%";
const whole = (number) => number.toLocaleString("en-US");

// Rows of whole numbers: each row is one number of base 64, whose own digits are the columns.
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const unpack = (parts) => parts.flatMap(({ sizes, width, text }) => {
  const columns = sizes.map(() => []);
  for (let at = 0; at < text.length; at += width) {
    let code = 0;
    for (let k = at; k < at + width; k++) code = code * 64 + DIGITS.indexOf(text[k]);
    for (let c = sizes.length - 1; c >= 0; c--) {
      columns[c].push(code % sizes[c]);
      code = Math.floor(code / sizes[c]);
    }
  }
  return columns;
});
const [remote, wrong, persons, always] = unpack(data.villages);
const [village, exits, misses, visited] = unpack(data.slots);
const [across, down, home] = unpack(data.places);
const groups = unpack(data.visited), askedOf = groups.pop();
const second = data.second_phase && unpack(data.second_phase.columns);
const criteria = data.criteria.map(({ name, limit, truth, columns }) => {
  const [fails, atLimit, open, value, low, high, found, asked] = unpack(columns);
  return { name, limit, truth, fails, atLimit, open, value, low, high, found, asked, ...data.told[name] };
});

// An inspection: its drawn villages in order, each once, with what was found in it.
const inspections = Array.from({ length: data.draws }, (_, n) => {
  const slots = new Map();
  for (let k = 0; k < data.drawn; k++) {
    const at = n * data.drawn + k, id = village[at];
    const slot = slots.get(id) || { id, number: slots.size + 1, fresh: !!second && k >= data.second_phase.first_phase, visited: 0, exits: 0, misses: 0 };
    slot.visited += visited ? visited[at] : always[id];
    slot.exits += exits[at];
    slot.misses += misses[at];
    slots.set(id, slot);
  }
  return {
    slots: [...slots.values()],
    failed: criteria.filter((one) => one.fails[n]),
    open: criteria.filter((one) => one.open[n]),
  };
});
const sum = (list, value) => list.reduce((total, each) => total + value(each), 0);
const outcome = ({ failed, open }) => (failed.length ? "fails" : open.length ? "open" : "passes");
const failing = (question, n) => (question === "any" ? inspections[n].failed.length > 0 : criteria.find((one) => one.name === question).fails[n] > 0);
const rate = (one, n) => one.exact[n] || (one.value[n] ? ((one.value[n] - 1) / 100).toFixed(2) + "%" : "—");
const side = (value) => ((value - 1) / 100).toFixed(2) + "%";

// How far a rate goes towards its limit: 1 is the limit, and what lies to the right of it fails.
const reach = (one, hundredths) => {
  const room = one.name === "approval" ? 10000 - one.limit : one.limit;
  const used = one.name === "approval" ? 10000 - hundredths : hundredths;
  return room > 0 ? used / room : used > 0 ? Infinity : 0;
};
const written = (one, units) => {
  const share = one.name === "approval" ? 10000 - units * (10000 - one.limit) : units * one.limit;
  return +(share / 100).toFixed(2) + "%";
};
const reached = (question, n) => {
  const asked = criteria.filter((one) => (question === "any" || one.name === question) && one.value[n]);
  return Math.max(0, ...asked.map((one) => reach(one, one.value[n] - 1)));
};
// The average of the true error rates of villages: the first luck of a draw.
const average = (ids) => {
  const rates = ids.filter((id) => persons[id]).map((id) => wrong[id] / persons[id]);
  return rates.length ? (100 * sum(rates, (share) => share) / rates.length).toFixed(2) + "%" : "—";
};
const everyone = wrong.map((_, id) => id);
const foundIn = (n, one) => {
  const asked = askedOf[n], found = sum(one.slots, (slot) => slot.exits + slot.misses);
  return { found: whole(found), asked: whole(asked), rate: asked ? (100 * found / asked).toFixed(2) + "%" : "—" };
};

const make = (parent, tag, attributes = {}, text = "") => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== "") made.textContent = text;
  parent.append(made);
  return made;
};
const shape = (parent, id, radius, className) => {
  const x = across[id], y = down[id], r = radius;
  if (!remote[id]) return make(parent, "circle", { cx: x, cy: y, r, class: className });
  return make(parent, "path", { d: `M${x} ${y - 1.25 * r}l${1.15 * r} ${2 * r}h${-2.3 * r}Z`, class: className });
};
const nameOf = (id) => (data.names ? data.names[id] : say("village", { number: id + 1 }));
const placeOf = (id) => data.townships[home[id]];
