// The words around the map: legend, tooltip, selected point. Keys enter as text, never as markup.

import { nearestOf, shortened } from "./data.js";

const element = (id) => document.getElementById(id);

/** @param {string} tag @param {string} name class @param {string} text */
function make(tag, name = "", text = "") {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.textContent = text;
  return node;
}

function swatch(group, dark) {
  const node = make("span", "swatch");
  node.dataset.mark = String(group.mark);
  node.style.color = dark ? group.dark : group.light;
  return node;
}

/** Legend with a button for each group; `toggle(group)` answers whether it is shown now. */
export function fillLegend(data, dark, shown, toggle) {
  element("legend").hidden = data.legend.length < 2;
  const sizes = new Uint32Array(data.legend.length || 1);
  for (const group of data.groups) sizes[group] += 1;
  element("groups").replaceChildren(...data.legend.map((group, index) => {
    const button = make("button");
    button.type = "button";
    button.title = "Show or hide; double-click shows it alone";
    button.setAttribute("aria-pressed", String(shown(index)));
    const name = make("span", "name", shortened(group.name, 60));
    name.dir = "auto";
    button.append(swatch(group, dark), name, make("span", "count", sizes[index].toLocaleString("en")));
    button.addEventListener("click", (event) => toggle(index, event.detail === 2));
    return button;
  }));
}

/** Press or release the buttons of the legend. */
export function markLegend(shown) {
  [...element("groups").children].forEach((button, index) =>
    button.setAttribute("aria-pressed", String(shown(index))));
}

function payload(data, row) {
  return Object.entries(data.columns).filter(([, texts]) => texts[row] !== "").flatMap(([name, texts]) =>
    [make("dt", "", name), make("dd", "", texts[row])]);
}

/** Show the tooltip of a row near a pixel, or hide it for -1. */
export function showTip(data, row, dark, px, py, width, height) {
  const tip = element("tip");
  tip.hidden = row < 0;
  if (row < 0) return;
  const name = make("strong", "", shortened(data.keys[row], 160));
  name.dir = "auto";
  const facts = make("dl");
  facts.append(...payload(data, row));
  const parts = [name];
  if (data.legend.length > 1) {
    const group = data.legend[data.groups[row]];
    const line = make("span", "group");
    line.append(swatch(group, dark), make("span", "", shortened(group.name, 40)));
    parts.push(line);
  }
  tip.replaceChildren(...parts, facts);
  const left = px + 14 + tip.offsetWidth > width ? px - 14 - tip.offsetWidth : px + 14;
  const top = py + 14 + tip.offsetHeight > height ? py - 14 - tip.offsetHeight : py + 14;
  tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
}

/** Fill the card of the selected row; `visit` and `point` are told which neighbour is chosen or pointed at. */
export function showSelection(data, row, visit, point) {
  element("selection").hidden = row < 0;
  if (row < 0) return;
  element("chosen").textContent = shortened(data.keys[row], 400);
  element("payload").replaceChildren(...payload(data, row));
  element("nearest-title").textContent = data.nearest.title;
  element("nearest").replaceChildren(...nearestOf(data, row).map((neighbour) => {
    const button = make("button");
    button.type = "button";
    const key = make("span", "key", shortened(data.keys[neighbour.row], 60));
    key.dir = "auto";
    button.append(key, make("span", "score", scoreText(neighbour.score)));
    button.addEventListener("click", () => visit(neighbour.row));
    for (const kind of ["pointerenter", "focus"]) button.addEventListener(kind, () => point(neighbour.row));
    for (const kind of ["pointerleave", "blur"]) button.addEventListener(kind, () => point(-1));
    const item = make("li");
    item.append(button);
    return item;
  }));
  element("selection").scrollTop = 0;
}

function scoreText(score) {
  return Math.abs(score) < 10 ? score.toFixed(3) : score.toPrecision(4);
}

/** Tell a screen reader what happened. */
export function announce(text) {
  element("status").textContent = text;
}
